//! How long somebody is silent, and how much of that counts.

use std::time::Duration;

use cloakroom_node_config::{NodePhase, RingReport};
use cloakroom_ring::Member;

use super::*;
use crate::clock;

/// A cluster of three, of which each round says who answers; a second passes between two.
struct Listener {
    begin: Instant,
    seconds: u64,
    hearing: Hearing,
    ring: Ring,
}

impl Listener {
    fn new() -> Self {
        let member = |ordinal: u8| Member {
            name: format!("shop-{ordinal}"),
            pod_uid: String::new(),
            address: ([10, 0, 0, ordinal], 42_425).into(),
            clients: None,
            state: cloakroom_ring::State::Active,
        };
        let members = (0..3).map(member).collect();
        let ring = Ring { cluster: "c".to_owned(), epoch: 4, members, unsettled: Vec::new(), lossy: false };
        Self { begin: clock::monotonic(), seconds: 0, hearing: Hearing::default(), ring }
    }

    fn now(&self) -> Moment {
        Moment {
            at: self.begin + Duration::from_secs(self.seconds),
            time: Timestamp::from_second(i64::try_from(self.seconds).unwrap()).unwrap(),
        }
    }

    /// `answers`: numbers of the nodes that do, all settled but for what they have to move.
    fn round(
        &mut self,
        answers: &[u8],
        change: impl FnOnce(&mut Round),
    ) -> (BTreeMap<String, Heard>, Option<Standstill>) {
        self.seconds += 1;
        let report = NodeReport {
            version: String::new(),
            phase: NodePhase::Ready,
            sessions: None,
            ring: Some(RingReport {
                epoch: 4,
                settled: 4,
                moving: 0,
                incarnation: String::new(),
                silent: vec![],
            }),
            volume: None,
            backing: None,
            data_centres: Vec::new(),
        };
        let mut round = Round {
            pods: (0..3).map(|ordinal| (format!("shop-{ordinal}"), format!("uid-{ordinal}"))).collect(),
            ring: Some(&self.ring),
            answers: answers.iter().map(|ordinal| (format!("shop-{ordinal}"), report.clone())).collect(),
            settled_before: BTreeSet::new(),
            wanted: true,
        };
        change(&mut round);
        self.hearing.listen(self.now(), &round)
    }

    /// For how many seconds shop-2 answers, or is silent and how many of them count.
    fn voice(&mut self, answers: &[u8], change: impl FnOnce(&mut Round)) -> (&'static str, u64, u64) {
        let (heard, _) = self.round(answers, change);
        match heard["shop-2"].voice {
            Voice::Answers(lasting) => ("answers", lasting.as_secs(), 0),
            Voice::Silent(Silence { lasting, counted, since }) => {
                assert_eq!(since.as_second(), i64::try_from(self.seconds - lasting.as_secs()).unwrap());
                ("silent", lasting.as_secs(), counted.as_secs())
            }
        }
    }
}

#[test]
fn silence_begins_when_a_node_is_first_not_heard() {
    let mut listener = Listener::new();
    assert_eq!(listener.voice(&[0, 1, 2], |_| {}), ("answers", 0, 0));
    assert_eq!(listener.voice(&[0, 1, 2], |_| {}), ("answers", 1, 0));
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 0, 0));
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 1, 1));
    assert_eq!(listener.voice(&[0, 1, 2], |_| {}), ("answers", 0, 0));
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 0, 0));
}

#[test]
fn silence_counts_only_while_a_majority_answers() {
    let mut listener = Listener::new();
    listener.round(&[0, 1], |_| {});
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 1, 1));
    assert_eq!(listener.voice(&[0], |_| {}), ("silent", 2, 0));
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 3, 1));
    assert_eq!(listener.voice(&[0, 1], |round| round.ring = None), ("silent", 4, 0));
}

#[test]
fn a_new_pod_and_a_cluster_that_wakes_begin_anew() {
    let mut listener = Listener::new();
    listener.round(&[0, 1], |_| {});
    assert_eq!(listener.voice(&[0, 1], |_| {}), ("silent", 1, 1));
    let gone = |round: &mut Round| drop(round.pods.remove("shop-2"));
    assert_eq!(listener.voice(&[0, 1], gone), ("silent", 2, 2));
    let replaced = |round: &mut Round| drop(round.pods.insert("shop-2".to_owned(), "new".to_owned()));
    assert_eq!(listener.voice(&[0, 1], replaced), ("silent", 0, 0));
    assert_eq!(listener.voice(&[0, 1], replaced), ("silent", 1, 1));
    let asleep = |round: &mut Round| {
        replaced(round);
        round.wanted = false;
    };
    assert_eq!(listener.voice(&[0, 1], asleep), ("silent", 0, 0));
}

#[test]
fn what_was_said_last_is_remembered() {
    let mut listener = Listener::new();
    let (heard, _) = listener.round(&[0, 1], |_| {});
    assert_eq!((heard["shop-2"].settled, heard["shop-2"].report.is_some()), (0, false));
    let written = |round: &mut Round| round.settled_before = ["shop-2".to_owned()].into();
    let (heard, _) = listener.round(&[0, 1], written);
    assert_eq!(heard["shop-2"].settled, 4, "an earlier operator wrote it down");
    listener.round(&[0, 1, 2], |_| {});
    let (heard, _) = listener.round(&[0, 1], |round| drop(round.pods.remove("shop-2")));
    assert_eq!((heard["shop-2"].settled, heard["shop-2"].current()), (4, None));
    assert!(heard["shop-2"].report.is_some());
}

#[test]
fn who_was_excluded_is_remembered_until_it_is_admitted() {
    let mut listener = Listener::new();
    listener.round(&[0, 1], |_| {});
    listener.hearing.excluded("shop-2");
    let without = |round: &mut Round| {
        round.pods.remove("shop-2");
        round.ring = None;
    };
    assert!(listener.round(&[0, 1], without).0["shop-2"].excluded);
    assert!(listener.round(&[0, 1, 2], |_| {}).0["shop-2"].excluded);
    listener.hearing.admitted("shop-2");
    assert!(!listener.round(&[0, 1, 2], |_| {}).0["shop-2"].excluded);
    assert!(!listener.round(&[0, 1], without).0.contains_key("shop-2"));
}

#[test]
fn a_hand_over_stands_still_while_no_number_changes() {
    let mut listener = Listener::new();
    let mut still = |moving: u64, settled: u64| {
        let standstill = listener.round(&[0, 1, 2], |round| {
            let ring = round.answers.get_mut("shop-2").unwrap().ring.as_mut().unwrap();
            (ring.moving, ring.settled) = (moving, settled);
        });
        standstill.1.map(|standstill| standstill.lasting.as_secs())
    };
    assert_eq!(still(9, 3), Some(0));
    assert_eq!(still(9, 3), Some(1));
    assert_eq!(still(8, 3), Some(0));
    assert_eq!(still(8, 3), Some(1));
    assert_eq!(still(0, 4), None);
}
