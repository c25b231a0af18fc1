//! What the other members have said lately, and what follows from it: whether this node may serve, who is silent, and
//! when a lost member must have stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use cloakroom_ring::{Lease, TakeOver};

use super::view::View;

/// Everything known about the others, under one ring.
#[derive(Debug)]
pub(super) struct Standing {
    lease: Lease,
    take_over: TakeOver,
    /// When each other member last answered, or was first waited for.
    heard: BTreeMap<String, Duration>,
    /// Members that know that this node has handed everything over at this epoch.
    told: BTreeMap<String, u64>,
}

/// One answered beacon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    pub(super) member: &'a str,
    /// The member's epoch.
    pub(super) epoch: u64,
    /// When the beacon was sent.
    pub(super) sent_at: Duration,
    /// When its answer came.
    pub(super) now: Duration,
    /// The epoch for which the beacon said that everything is handed over.
    pub(super) told: u64,
}

impl Standing {
    /// Under the ring of `view`, adopted at `now`. What was heard under `before` counts on.
    pub(super) fn new(before: Option<&Self>, view: &View, me: &str, lease: Duration, now: Duration) -> Self {
        let ring = view.placement.ring();
        let others = ring.members.iter().filter(|member| member.name != me);
        let heard = others.map(|member| {
            let last = before.and_then(|before| before.heard.get(&member.name)).copied();
            (member.name.clone(), last.unwrap_or(now))
        });
        Self {
            lease: before.map_or_else(
                || Lease::new(&view.placement, lease),
                |before| before.lease.next(&view.placement),
            ),
            take_over: before.map_or_else(
                || TakeOver::new(ring, me, lease, now),
                |before| before.take_over.next(ring, me, now),
            ),
            heard: heard.collect(),
            told: BTreeMap::new(),
        }
    }

    /// Takes note of an answered beacon.
    pub(super) fn note(&mut self, heard: Heard<'_>) {
        let Some(last) = self.heard.get_mut(heard.member) else { return };
        *last = heard.now;
        self.lease.acked(heard.member, heard.sent_at);
        self.take_over.heard(heard.member, heard.epoch, heard.now);
        let told = self.told.entry(heard.member.to_owned()).or_default();
        *told = heard.told.max(*told);
    }

    /// Takes note of what epoch a node acts on.
    pub(super) fn note_epoch(&mut self, node: &str, epoch: u64, now: Duration) {
        self.take_over.heard(node, epoch, now);
    }

    /// Until when this node may serve; zero if too few have answered.
    pub(super) fn serve_until(&self) -> Duration {
        self.lease.serve_until().unwrap_or_default()
    }

    /// Whether lost members must have stopped at `now`.
    pub(super) fn may_take_over(&self, now: Duration) -> bool {
        self.take_over.may_start(now)
    }

    /// Members that have not answered for `patience`, and for how long.
    pub(super) fn silent(&self, now: Duration, patience: Duration) -> Vec<(String, Duration)> {
        let since = |heard: &Duration| now.saturating_sub(*heard);
        let late = self.heard.iter().filter(|(_, heard)| since(heard) >= patience);
        late.map(|(name, heard)| (name.clone(), since(heard))).collect()
    }

    /// Whether `member` answered within `patience`.
    pub(super) fn answers(&self, member: &str, now: Duration, patience: Duration) -> bool {
        self.heard.get(member).is_some_and(|heard| now.saturating_sub(*heard) < patience)
    }

    /// Whether everybody who answers knows that all is handed over at `epoch`.
    pub(super) fn all_told(&self, epoch: u64, now: Duration, patience: Duration) -> bool {
        let knows = |name: &str| self.told.get(name).is_some_and(|told| *told >= epoch);
        self.heard.keys().all(|name| knows(name) || !self.answers(name, now, patience))
    }
}

#[cfg(test)]
mod tests {
    //! Three members, seconds, and who has said what.

    use std::sync::Arc;

    use cloakroom_ring::{Member, Placement, Ring, State};

    use super::*;

    const LEASE: Duration = Duration::from_secs(5);

    fn view(names: &[&str]) -> View {
        let member = |name: &&str| Member {
            name: (*name).to_owned(),
            pod_uid: String::new(),
            address: ([127, 0, 0, 1], 1).into(),
            clients: None,
            state: State::Active,
        };
        let members = names.iter().map(member).collect();
        let ring = Ring { cluster: String::new(), epoch: 7, members, unsettled: Vec::new(), lossy: false };
        View::new(Placement::new(Arc::new(ring), "me"))
    }

    fn heard(member: &str, at: u64, told: u64) -> Heard<'_> {
        let now = Duration::from_secs(at);
        Heard { member, epoch: 7, sent_at: now, now, told }
    }

    #[test]
    fn a_majority_lets_serve_and_what_it_said_counts_on_under_the_next_ring() {
        let (three, two) = (view(&["a", "b", "me"]), view(&["a", "me"]));
        let mut standing = Standing::new(None, &three, "me", LEASE, Duration::ZERO);
        assert_eq!(standing.serve_until(), Duration::ZERO);
        standing.note(heard("a", 10, 0));
        assert_eq!(standing.serve_until(), Duration::from_secs(15));
        let next = Standing::new(Some(&standing), &two, "me", LEASE, Duration::from_secs(11));
        assert_eq!(next.serve_until(), Duration::from_secs(15));
        assert!(next.answers("a", Duration::from_secs(11), Duration::from_secs(2)));
    }

    #[test]
    fn who_does_not_answer_is_silent_and_need_not_be_told() {
        let patience = Duration::from_secs(2);
        let mut standing = Standing::new(None, &view(&["a", "b", "me"]), "me", LEASE, Duration::ZERO);
        standing.note(heard("a", 10, 6));
        let now = Duration::from_secs(11);
        let silent = standing.silent(now, patience);
        assert_eq!(silent, [("b".to_owned(), Duration::from_secs(11))]);
        assert!(!standing.all_told(7, now, patience), "a has heard of 6 only");
        standing.note(heard("a", 11, 7));
        assert!(standing.all_told(7, now, patience), "b does not answer");
        standing.note(heard("stranger", 11, 0));
        assert_eq!(standing.silent(now, Duration::ZERO).len(), 2);
    }
}
