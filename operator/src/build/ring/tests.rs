//! What the object says beside the ring, and when to look again.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;

use super::*;
use crate::{
    fixtures,
    heard::Standstill,
    names,
    nodes::Node,
    scene::{self, object, scene},
};

/// `shop-0:active`: a node and whether it stays, leaves or is not ready.
fn node(text: &str) -> Node {
    let (name, how) = text.split_once(':').unwrap();
    let ordinal = names::ordinal("shop", name).unwrap();
    Node {
        name: name.to_owned(),
        ordinal,
        uid: name.to_owned(),
        ip: (how != "unplaced").then(|| [10, 0, 0, u8::try_from(ordinal).unwrap()].into()),
        state_port: Some(42_424),
        ready: how != "unready",
        leaving: how == "leaving",
        revision: None,
    }
}

#[test]
fn endpoints_are_those_that_serve_and_empty_if_none_does() {
    for (now, expected) in [
        (&["shop-0:active", "shop-1:unready", "shop-2:leaving", "shop-3:unplaced"][..], "10.0.0.0:42424\n"),
        (&["shop-0:active", "shop-2:active"], "10.0.0.0:42424\n10.0.0.2:42424\n"),
        (&["shop-0:unready"], ""),
        (&[], ""),
    ] {
        let nodes: Vec<Node> = now.iter().map(|text| node(text)).collect();
        assert_eq!(endpoints(&nodes), expected, "{now:?}");
    }
}

#[test]
fn an_address_of_version_six_is_written_in_brackets() {
    let mut six = node("shop-0:active");
    six.ip = Some("fd00::7".parse().unwrap());
    assert_eq!(endpoints(&[six]), "[fd00::7]:42424\n");
}

#[test]
fn somebody_elses_object_is_left_alone() {
    for (kind, name, published) in
        [("ConfigMap", "shop-ring", false), ("ConfigMap", "shop-node", true), ("Service", "shop-ring", true)]
    {
        let stranger = Stranger { kind: kind.to_owned(), name: name.to_owned(), ..Stranger::default() };
        let observed = Observed { strangers: vec![stranger], ..Observed::default() };
        assert_eq!(ring(&fixtures::cluster("{}"), &observed).is_some(), published, "{kind} {name}");
    }
}

/// Nodes refuse another text of the same epoch less readily than they read it, so it is the same to the byte.
#[test]
fn a_ring_that_stays_is_published_as_it_was() {
    let last = scene::ring("4: 0A 1D | 3");
    let observed = Observed { ring: Some(object(&last)), ..scene(4, &["0", "1"]) };
    let publication = ring(&fixtures::cluster("{replicas: 1}"), &observed).unwrap();
    assert_eq!(
        (publication.news(), publication.object.data.unwrap().remove(RING)),
        (vec![], Some(last.to_json()))
    );
}

#[test]
fn it_looks_again_soon_while_nodes_do_what_nobody_tells_of() {
    let (soon, later) = (Some(Duration::from_millis(500)), Some(Duration::from_secs(5)));
    let check = |what: &str, nodes: &[&str], still: Option<u64>, expected: Option<Duration>| {
        let (ring, observed) = (scene::ring("4: 0A 1A"), scene(4, nodes));
        let standstill = still.map(|seconds| Standstill {
            since: Timestamp::UNIX_EPOCH,
            lasting: Duration::from_secs(seconds),
        });
        let facts = Facts::of("shop".to_owned(), 3, &observed);
        assert_eq!(pause(Some(&ring), &facts, standstill), expected, "{what}");
    };
    check("at rest", &["0", "1"], None, None);
    check("sessions move", &["0", "1 moving"], Some(0), soon);
    check("sessions should move", &["0", "1 moving"], Some(121), later);
    check("a member is silent", &["0", "1 silent 1"], None, soon);
    check("it was for long", &["0", "1 silent 121"], None, later);
    check("somebody is about to join", &["0", "1", "2 excluded answers 1"], None, soon);
    check("somebody starts", &["0", "1", "2 starting"], None, None);
    check("a silent node should be noticed", &["0 behind", "1 behind"], None, Some(Duration::from_secs(3)));
    check("at rest, written through", &["0 through", "1 through"], None, None);
    check("an engine is away", &["0 through", "1 through unreached"], None, later);
    let observed = scene(0, &["0"]);
    assert_eq!(pause(None, &Facts::of("shop".to_owned(), 3, &observed), None), soon, "the first is up");
}

#[test]
fn room_is_judged_for_those_who_have_not_begun_to_hand_over() {
    let check = |what: &str, members: &str, replicas: i32, nodes: &[&str], expected: Option<&str>| {
        let (ring, observed) = (scene::ring(members), scene(4, nodes));
        let blocked = blocked(&ring, &Facts::of("shop".to_owned(), replicas, &observed));
        let said = blocked.map(|blocked| blocked.to_string());
        assert_eq!(said.is_some(), expected.is_some(), "{what}: {said:?}");
        assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()), "{what}");
    };
    let mib = 1 << 20;
    let (used, free) = (format!("1 used {}", 8 * mib), format!("0 free {}", 10 * mib));
    check("just enough", "4: 0A 1A", 1, &[&free, &used], None);
    let less = format!("0 free {}", 10 * mib - 5);
    check("just not", "4: 0A 1A", 1, &[&less, &used], Some("shop-1 hold 8 MiB of sessions"));
    check("what does not leave needs no room", "4: 0A 1A", 2, &["0 free 0", &used], None);
    check("it hands over already", "4: 0A 1D", 1, &["0 free 0", &used], None);
    check("all go", "4: 0A 1A", 0, &["0 free 0", &used], None);
    check(
        "who leaves does not say",
        "4: 0A 1A",
        1,
        &[&free, "1"],
        Some("not known how full the volumes are of shop-1"),
    );
    check("who stays is silent", "4: 0A 1A", 1, &["0 free 9 silent 1", &used], Some("of shop-0"));
    check(
        "who stays is still to join",
        "4: 1A",
        1,
        &["0", "1 used 0"],
        Some("none of the nodes that stay has joined"),
    );
}
