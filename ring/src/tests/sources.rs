//! Whoever could hold a session is asked for it, or known to be gone.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{chosen, members, placement, ring};
use crate::hash::{node_hash, score};
use crate::{Ring, State, key_hash};

/// Whoever owns a key, computed plainly.
fn owner(ring: &Ring, key: u64) -> String {
    let anybody = ring.members.iter().all(|member| member.state == State::Draining);
    let serving = ring.members.iter().filter(|member| anybody || member.state == State::Active);
    serving.max_by_key(|member| score(node_hash(&member.name), key)).unwrap().name.clone()
}

proptest! {
    /// Who is settled has what it owns then and nothing else; who is lost counts until all are.
    #[test]
    fn sources_are_complete_and_nobody_else_is_asked(
        first: [u8; 8],
        changes in prop::collection::vec((any::<[u8; 8]>(), any::<[bool; 8]>()), 0..=crate::UNSETTLED_MAX),
        number: u32,
    ) {
        let key = key_hash(&number.to_le_bytes());
        let mut ring = ring(1, &chosen(&first), &[]);
        let mut holders = BTreeSet::from([owner(&ring, key)]);
        for (choices, settled) in changes {
            let settled = |name: &str| settled[usize::from(name.as_bytes()[1] - b'0')];
            let owner_before = owner(&ring, key);
            let all = ring.members.iter().all(|member| settled(&member.name));
            holders.retain(|name| {
                let kept = ring.member(name).is_none_or(|member| !settled(&member.name));
                *name == owner_before || (kept && !all)
            });
            ring = ring.next(members(&chosen(&choices)), settled);
            holders.insert(owner(&ring, key));
        }
        let me = owner(&ring, key);
        holders.remove(&me);

        let sources = placement(&ring, &me).sources(key);
        let present: BTreeSet<String> =
            holders.iter().filter(|name| ring.member(name).is_some()).cloned().collect();
        let asked: Vec<String> = sources.ask.iter().map(|index| ring.members[*index].name.clone()).collect();
        prop_assert_eq!(asked.len(), present.len(), "nobody is asked twice");
        prop_assert_eq!(&BTreeSet::from_iter(asked), &present);
        prop_assert_eq!(sources.gone, present.len() < holders.len());
        let possible = placement(&ring, &me).possible_sources();
        prop_assert!(sources.ask.iter().all(|index| possible.ask.contains(index)));
        prop_assert!(possible.gone || !sources.gone);
        for member in &ring.members {
            let may_hold = placement(&ring, &member.name).is_source(key);
            prop_assert!(may_hold || !present.contains(&member.name), "{} does not know it", &member.name);
        }
    }
}

/// In a chain of rings that have one Active member each, that one owns everything.
#[track_caller]
fn check(me: &str, names: &str, unsettled: &[(u64, &str)], ask: &[&str], gone: bool) {
    let ring = ring(9, names, unsettled);
    let sources = placement(&ring, me).sources(key_hash(b"any"));
    let asked: Vec<&str> = sources.ask.iter().map(|index| ring.members[*index].name.as_str()).collect();
    assert_eq!((asked.as_slice(), sources.gone), (ask, gone));
}

#[test]
fn the_newest_owner_is_asked_first() {
    check("c", "-a -b c", &[], &[], false);
    check("c", "-a -b c", &[(8, "-a b"), (7, "a")], &["b", "a"], false);
    check("c", "-a -b c", &[(8, "a -b"), (7, "b"), (6, "a")], &["a", "b"], false);
    check("c", "-a -b c", &[(8, "-a c"), (7, "a")], &["a"], false);
    check("c", "-b c", &[(8, "-a b"), (7, "a")], &["b"], true);
    check("c", "c", &[(8, "b"), (7, "a")], &[], true);
}

#[test]
fn who_is_settled_is_neither_asked_nor_missed() {
    check("c", "-a -b c", &[(8, "-a b"), (7, "a!")], &["b"], false);
    check("c", "c", &[(8, "-a b!"), (7, "a!")], &[], false);
}

#[test]
fn all_who_could_be_asked_for_some_key() {
    #[track_caller]
    fn check(me: &str, names: &str, unsettled: &[(u64, &str)], ask: &[&str], gone: bool) {
        let ring = ring(9, names, unsettled);
        let sources = placement(&ring, me).possible_sources();
        let asked: Vec<&str> = sources.ask.iter().map(|index| ring.members[*index].name.as_str()).collect();
        assert_eq!((asked.as_slice(), sources.gone), (ask, gone));
    }
    check("a", "a b c", &[], &[], false);
    check("a", "a b c", &[(8, "a b")], &["b"], false);
    check("a", "a b -c", &[(8, "a b! -c"), (7, "c")], &["c"], false);
    check("a", "a b", &[(8, "a b -x"), (7, "b y!")], &["b"], false);
    check("a", "a b", &[(8, "a b x")], &["b"], true);
}
