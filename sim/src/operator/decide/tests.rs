//! Nodes as the operator sees them, and the ring that follows.

use cloakroom_node_config::Silent;

use super::*;
use crate::settings::GRACE;

fn report(epoch: u64, settled: u64, silent: &[&str]) -> RingReport {
    let silent = silent.iter().map(|name| Silent { name: (*name).to_owned(), for_millis: 9_000 });
    RingReport { epoch, settled, moving: 0, incarnation: String::new(), silent: silent.collect() }
}

fn well(epoch: u64) -> Node {
    Node {
        exists: true,
        leaving: false,
        uid: "u".to_owned(),
        address: ([127, 0, 0, 1], 1).into(),
        report: Some(report(epoch, epoch, &[])),
        settled: epoch,
        answering_for: Some(DAMPING),
        silent_for: Duration::ZERO,
    }
}

fn silent(settled: u64) -> Node {
    Node { report: None, settled, answering_for: None, silent_for: GRACE, ..well(settled) }
}

fn accuses(epoch: u64, whom: &str) -> Node {
    Node { report: Some(report(epoch, epoch, &[whom])), ..well(epoch) }
}

/// A ring of epoch 5: names, those with a `-` drain.
fn ring(members: &str) -> Ring {
    let members = members.split(' ').map(|name| {
        let state = if name.ends_with('-') { State::Draining } else { State::Active };
        member(name.trim_end_matches('-'), &well(5), state)
    });
    Ring {
        cluster: "c".to_owned(),
        epoch: 5,
        members: members.collect(),
        unsettled: Vec::new(),
        lossy: false,
    }
}

#[track_caller]
fn check(members: &str, nodes: &[(&str, Node)], expected: Option<(Why, &str)>) {
    let nodes = nodes.iter().map(|(name, node)| ((*name).to_owned(), node.clone())).collect();
    let next = next(&ring(members), &nodes, GRACE).map(|(next, why)| {
        let shown = next.members.iter().map(|member| {
            let mark = if member.state == State::Draining { "-" } else { "" };
            format!("{}{mark}", member.name)
        });
        (why, shown.collect::<Vec<_>>().join(" "))
    });
    assert_eq!(next, expected.map(|(why, members)| (why, members.to_owned())));
}

#[test]
fn planned_changes_wait_until_all_is_settled() {
    let leaving = || Node { leaving: true, ..well(5) };
    let drains = Some((Why::Drains("b".to_owned()), "a b- c"));
    check("a b c", &[("a", well(5)), ("b", leaving()), ("c", well(5))], drains);
    check("a b c", &[("a", well(4)), ("b", leaving()), ("c", well(5))], None);
    let joins = Some((Why::Joined("c".to_owned()), "a b c"));
    check("a b", &[("a", well(5)), ("b", well(5)), ("c", well(0))], joins.clone());
    check("a b c-", &[("a", well(5)), ("b", well(5)), ("c", well(5))], joins);
    let new = Node { answering_for: Some(Duration::ZERO), ..well(0) };
    check("a b", &[("a", well(5)), ("b", well(5)), ("c", new)], None);
}

#[test]
fn who_handed_over_leaves_at_once() {
    let gone = |settled| Node { exists: false, leaving: true, ..silent(settled) };
    check("a b-", &[("a", well(4)), ("b", gone(5))], Some((Why::Left("b".to_owned()), "a")));
    check("a b-", &[("a", well(5)), ("b", Node { silent_for: Duration::ZERO, ..gone(4) })], None);
    // It never said that it had: what it has is given up.
    let excluded = Some((Why::Excluded("b".to_owned()), "a"));
    check("a b-", &[("a", accuses(5, "b")), ("b", gone(4))], excluded);
}

#[test]
fn exclusion_needs_a_majority_and_somebody_else_who_misses_the_node() {
    let excluded = Some((Why::Excluded("c".to_owned()), "a b"));
    check("a b c", &[("a", accuses(5, "c")), ("b", well(5)), ("c", silent(5))], excluded);
    check("a b c", &[("a", well(5)), ("b", well(5)), ("c", silent(5))], None);
    check("a b c", &[("a", accuses(5, "c")), ("b", silent(5)), ("c", silent(5))], None);
    let away = Node { silent_for: Duration::ZERO, ..silent(5) };
    check("a b c", &[("a", accuses(5, "c")), ("b", well(5)), ("c", away)], None);
    // In an even ring whoever can write the ring has one vote more.
    check("a c", &[("a", accuses(5, "c")), ("c", silent(5))], Some((Why::Excluded("c".to_owned()), "a")));
}

#[test]
fn who_drains_beside_nobody_active_stays() {
    let gone = Node { exists: false, leaving: true, ..silent(5) };
    check("a-", &[("a", gone.clone())], None);
    check("a- b-", &[("a", gone.clone()), ("b", gone.clone())], None);
    check("a- b-", &[("a", gone.clone()), ("b", Node { leaving: true, ..accuses(5, "a") })], None);
    check("a- b-", &[("a", gone), ("b", accuses(5, "a"))], Some((Why::Joined("b".to_owned()), "a- b")));
    check("a- b-", &[("a", well(5)), ("b", well(5))], Some((Why::Joined("a".to_owned()), "a b-")));
}
