//! Which ring follows, for what is known of the nodes.

use super::*;
use crate::scene::{ring, scene, short};

/// After `last`, with `replicas` wanted and these nodes, comes `expected`; `None` if `last` stays.
#[track_caller]
fn check(what: &str, last: &str, replicas: i32, nodes: &[&str], expected: Option<&str>) -> Vec<String> {
    let last = ring(last);
    let observed = scene(last.epoch, nodes);
    let next = next(&last, &Facts::of("shop".to_owned(), replicas, &observed));
    assert_eq!(next.as_ref().map(|next| short(&next.ring)).as_deref(), expected, "{what}");
    next.map(|next| next.why.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn a_ring_stays_while_nothing_happens() {
    let three = "4: 0A 1A 2A | 3";
    check("all is well", three, 3, &["0", "1", "2"], None);
    check("it is not settled", three, 3, &["0", "1 moving", "2"], None);
    check("a container is started again", three, 3, &["0 misses 2", "1", "2 silent 3"], None);
    check("a pod is gone and its successor is not up yet", three, 3, &["0", "1", "2 new silent 3"], None);
    check("nobody answers", three, 3, &["0 silent 99", "1 silent 99", "2 silent 99"], None);
}

#[test]
fn nodes_join_when_they_are_up_and_the_ring_is_settled() {
    let why = check("two of three are up", "4: 0A", 3, &["0", "1", "2"], Some("5: 0A 1A 2A | 4"));
    assert_eq!(why, ["shop-1 joins", "shop-2 joins"]);
    check("the ring is not settled", "4: 0A | 3", 3, &["0 moving", "1"], None);
    check("it is starting", "4: 0A", 3, &["0", "1 starting"], None);
    check("it says nothing of a ring", "4: 0A", 3, &["0", "1 alone"], None);
    check("its pod is about to go", "4: 0A", 3, &["0", "1 leaving"], None);
    check("it is one too many", "4: 0A", 1, &["0", "1"], None);
    check("it was excluded", "4: 0A", 3, &["0", "1 excluded answers 9"], None);
    check(
        "it has answered for long enough since",
        "4: 0A",
        3,
        &["0", "1 excluded answers 10"],
        Some("5: 0A 1A | 4"),
    );
}

#[test]
fn a_pod_that_is_deleted_hands_over_and_leaves() {
    let why = check("deleted", "4: 0A 1A 2A", 3, &["0", "1", "2 leaving"], Some("5: 0A 1A 2D | 4"));
    assert_eq!(why, ["shop-2 is draining, because its pod is being deleted"]);
    let draining = "5: 0A 1A 2D | 4";
    check("the next waits for its turn", draining, 3, &["0", "1 leaving", "2 leaving moving"], None);
    check("done, and still there", draining, 3, &["0", "1", "2 leaving"], None);
    check("gone", draining, 3, &["0", "1", "2 gone"], Some("6: 0A 1A | 5"));
    check(
        "gone, while somebody else is not settled",
        draining,
        3,
        &["0 moving", "1", "2 gone"],
        Some("6: 0A 1A | 5 4"),
    );
    check("its successor is not up yet", draining, 3, &["0", "1", "2 new silent 0"], Some("6: 0A 1A | 5"));
    check("its successor is up", draining, 3, &["0", "1", "2 new"], Some("6: 0A 1A 2A | 5"));
    check("its successor is starting", "5: 0A 1A 2D", 3, &["0", "1", "2 starting"], None);
    check("killed in the middle", draining, 3, &["0", "1", "2 gone moving"], None);
    let why =
        check("its successor goes on", draining, 3, &["0", "1", "2 new moving"], Some("6: 0A 1A 2D | 4"));
    assert_eq!(why, ["shop-2 is at 10.0.0.2:42425 now"]);
    check(
        "a pod that no longer answers has nothing to say",
        "4: 0A 1A",
        2,
        &["0", "1 leaving silent 1"],
        None,
    );
}

#[test]
fn a_scale_in_drains_all_who_go_at_once_and_can_be_taken_back() {
    let full = ["0 free 100", "1 used 10", "2 used 10"];
    let why = check("two go", "4: 0A 1A 2A", 1, &full, Some("5: 0A 1D 2D | 4"));
    assert_eq!(why[0], "shop-1 is draining, because spec.replicas is 1");
    check("no room", "4: 0A 1A 2A", 1, &["0 free 24", "1 used 10", "2 used 10"], None);
    check(
        "a deleted pod drains whatever room there is",
        "4: 0A 1A",
        1,
        &["0", "1 leaving"],
        Some("5: 0A 1D | 4"),
    );
    check("who stays joins first", "4: 1A", 1, &["0", "1 used 0"], Some("5: 0A 1A | 4"));
    check("taken back too late", "5: 0A 1D | 4", 2, &["0", "1 moving"], None);
    check("taken back", "5: 0A 1D | 4", 2, &["0", "1"], Some("6: 0A 1A | 5"));
    check("to nothing, while two drain", "5: 0A 1D 2D | 4", 0, &["0", "1", "2"], Some("6: 0D | 5"));
}

#[test]
fn a_cluster_sleeps_and_wakes_as_one() {
    let awake = "4: 0A 1A 2A";
    check("to sleep", awake, 0, &["0", "1", "2"], Some("5: 0D 1D 2D | 4"));
    let asleep = "5: 0D 1D 2D | 4";
    let nobody = ["0 gone", "1 gone", "2 gone"];
    check("asleep", asleep, 0, &nobody, None);
    let why = check("woken", asleep, 3, &nobody, Some("6: 0A 1A 2A | 5"));
    assert_eq!(why, ["all members are active again"]);
    check("woken smaller: those too many must hand over first", asleep, 2, &nobody, Some("6: 0A 1A 2A | 5"));
    check("it had not settled", asleep, 3, &["0", "1 silent 1 moving", "2"], None);
    check(
        "every pod is deleted at once",
        awake,
        3,
        &["0 leaving", "1 leaving", "2 leaving"],
        Some("5: 0D 1D 2D | 4"),
    );
    check("two have yet to go", asleep, 3, &["0 new", "1 leaving", "2 leaving"], Some("6: 0D 1D 2D"));
    check("the last node is replaced", "5: 0D | 4", 1, &["0 gone"], Some("6: 0A | 5"));
}

#[test]
fn who_is_silent_for_too_long_is_excluded_if_others_say_so_too() {
    let three = "4: 0A 1A 2A";
    let why = check("excluded", three, 3, &["0 misses 2", "1", "2 silent 30"], Some("5: 0A 1A | 4"));
    assert!(
        why[0].starts_with("shop-2 was silent for too long and is out; 100 sessions are given up"),
        "{why:?}"
    );
    check("not yet", three, 3, &["0 misses 2", "1", "2 silent 29"], None);
    check("most were silent until lately", three, 3, &["0 misses 2", "1", "2 silent 99 counted 29"], None);
    check("others hear it", three, 3, &["0", "1", "2 silent 99"], None);
    check("whoever is silent accuses nobody", three, 3, &["0", "1", "2 silent 99 misses 2"], None);
    check("most are silent", three, 3, &["0 misses 1", "1 silent 99", "2 silent 99"], None);
    check(
        "of two, one is enough with the operator",
        "4: 0A 1A",
        2,
        &["0 misses 1", "1 silent 30"],
        Some("5: 0A | 4"),
    );
    check("nobody is left to take over", "4: 0A", 1, &["0 silent 99"], None);
    check(
        "unsettled rings stack",
        "5: 0A 1A 2A | 4",
        3,
        &["0 misses 2 moving", "1", "2 silent 30"],
        Some("6: 0A 1A | 5 4"),
    );
    check("up to four", "9: 0A 1A 2A | 8 7 6 5", 3, &["0 misses 2 moving", "1", "2 silent 30"], None);
    check(
        "a cluster that sleeps misses nobody",
        "5: 0D 1D | 4",
        0,
        &["0 misses 1", "1 silent 99 moving"],
        None,
    );
    check(
        "in the middle of a hand-over",
        "5: 0A 1A 2D | 4",
        3,
        &["0 misses 2", "1", "2 gone silent 30 moving"],
        Some("6: 0A 1A | 5 4"),
    );
}

#[test]
fn who_writes_behind_is_excluded_sooner() {
    let three = "4: 0A 1A 2A | 3";
    let out = Some("5: 0A 1A | 4");
    let why = check("behind", three, 3, &["0 behind misses 2", "1 behind", "2 behind silent 5"], out);
    assert_eq!(
        why,
        [
            "shop-2 was silent for too long and is out; its sessions go on at the others from the backing store"
        ]
    );
    check("not yet", three, 3, &["0 behind misses 2", "1 behind", "2 behind silent 4"], None);
    check("others stand in", three, 3, &["0 through misses 2", "1 through", "2 through silent 29"], None);
    check("for a while", three, 3, &["0 through misses 2", "1 through", "2 through silent 30"], out);
    // While a change of the mode is rolled out, some nodes still hold their sessions by the longer times.
    check("one has yet to restart", three, 3, &["0 behind misses 2", "1", "2 behind silent 29"], None);
    check("the silent one had yet to", three, 3, &["0 behind misses 2", "1 behind", "2 silent 29"], None);
    let why =
        check("its volume is new", "4: 0A 1A", 2, &["0 behind", "1 behind new at 0"], Some("5: 0A | 4"));
    assert_eq!(
        why[0],
        "shop-1 has come back with an empty volume: its sessions go on from the backing store"
    );
}

#[test]
fn a_ring_is_lossy_once_a_node_was_given_up() {
    let lossy = |last: &str, nodes: &[&str]| {
        let (last, observed) = (ring(last), scene(4, nodes));
        next(&last, &Facts::of("shop".to_owned(), 3, &observed)).unwrap().ring.lossy
    };
    assert!(!lossy("4: 0A 1A", &["0", "1", "2"]), "it joins");
    assert!(!lossy("4: 0A 1A 2D", &["0", "1", "2 gone"]), "it had nothing left");
    assert!(lossy("4: 0A 1A 2A", &["0 misses 2", "1", "2 silent 30"]), "it is excluded with its share");
    assert!(lossy("4: 0A 1A", &["0", "1 new at 0"]), "its volume is gone");
    assert!(lossy("4: 0A 1A", &["0 behind seen 9", "1 behind"]), "there was a cluster before");
}

#[test]
fn epochs_go_on_from_what_the_engine_remembers() {
    let why = check(
        "a former cluster's",
        "4: 0A 1A",
        2,
        &["0 behind seen 9", "1 behind seen 7"],
        Some("10: 0A 1A"),
    );
    assert_eq!(
        why,
        ["the backing store remembers epoch 9 of a former cluster, and the count goes on from there"]
    );
    check("at once", "4: 0A 1A | 3", 2, &["0 behind seen 9", "1 behind moving"], Some("10: 0A 1A | 3"));
    check("with what else is new", "4: 0A", 2, &["0 behind seen 9", "1 behind"], Some("10: 0A 1A | 4"));
    check("it is behind already", "9: 0A 1A", 2, &["0 behind seen 9", "1 behind"], None);
    check("who is silent is not asked", "4: 0A 1A", 2, &["0 behind seen 9 silent 1", "1 behind"], None);
    let beyond = format!("0 behind seen {EPOCH_MAX}");
    check("there is nothing beyond", "4: 0A 1A", 2, &[&beyond, "1 behind"], None);
}

#[test]
fn addresses_follow_the_pods_and_move_nothing() {
    let why = check("settled", "4: 0A 1A | 3", 2, &["0", "1 new"], Some("5: 0A 1A"));
    assert_eq!(why, ["shop-1 is at 10.0.0.1:42425 now"]);
    check("not settled", "4: 0A 1A | 3", 2, &["0 moving", "1 new"], Some("5: 0A 1A | 3"));
    check("never too many", "9: 0A 1A | 8 7 6 5", 2, &["0 moving", "1 new"], Some("10: 0A 1A | 8 7 6 5"));
}

#[test]
fn a_node_whose_volume_is_new_leaves_and_joins_anew() {
    let why = check("new", "4: 0A 1A", 2, &["0", "1 new at 0"], Some("5: 0A | 4"));
    assert_eq!(why[0], "shop-1 has come back with an empty volume: the sessions that it had are lost");
    check("it joins", "5: 0A | 4", 2, &["0", "1 new at 0"], Some("6: 0A 1A | 5"));
    check("its first ring has yet to reach it", "4: 0A 1A", 2, &["0", "1 at 0"], None);
    check("it is starting", "4: 0A 1A", 2, &["0", "1 new at 0 starting"], None);
    check("it had handed over", "4: 0A 1D", 2, &["0", "1 new at 0 settled 4"], Some("5: 0A 1A | 4"));
    let why = check("nobody else is there", "4: 0A", 1, &["0 new at 0"], Some("5: 0A"));
    assert!(why[0].contains("empty volume"), "{why:?}");
}

#[test]
fn the_last_ring_moves_nothing() {
    assert_eq!(short(&last_ring(&ring("4: 0A 1A | 3"))), "5: 0D 1D | 4 3");
}

#[test]
fn every_ring_is_one_that_nodes_accept() {
    for (last, nodes) in [
        ("4: 0A 1A 2A", ["0", "1 leaving", "2 new"]),
        ("4: 0A 1D 2D | 3", ["0 leaving", "1 gone", "2"]),
        ("9: 0A 1A 2A | 8 7 6 5", ["0 moving", "1 new", "2"]),
    ] {
        let last = ring(last);
        let observed = scene(last.epoch, &nodes);
        let next = next(&last, &Facts::of("shop".to_owned(), 3, &observed)).unwrap();
        assert_eq!(next.ring.check(), Ok(()), "{:?}", next.ring);
        assert_eq!(next.ring.cluster, last.cluster);
    }
}
