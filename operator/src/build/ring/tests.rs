//! When the epoch rises, and that it never goes back.

use cloakroom_crds::SessionClusterStatus;
use serde_json::json;

use super::*;
use crate::fixtures;

const BASE: &[&str] = &["shop-0:active", "shop-1:active"];

/// `shop-0:active`: a node and whether it stays, leaves or is not ready.
fn node(text: &str) -> Node {
    let (name, how) = text.split_once(':').unwrap();
    let ordinal = names::ordinal("shop", name).unwrap();
    Node {
        name: name.to_owned(),
        ordinal,
        uid: if how == "new" { "another".to_owned() } else { name.to_owned() },
        ip: (how != "unplaced").then(|| [10, 0, 0, u8::try_from(ordinal).unwrap()].into()),
        state_port: Some(42_424),
        ready: how != "unready",
        leaving: how == "leaving",
        revision: None,
    }
}

fn nodes(texts: &[&str]) -> Vec<Node> {
    texts.iter().map(|text| node(text)).collect()
}

fn object(data: &str) -> ConfigMap {
    serde_json::from_value(json!({ "data": { RING: data } })).unwrap()
}

fn published(epoch: i64, texts: &[&str]) -> ConfigMap {
    let cluster = fixtures::cluster("{}");
    let members = nodes(texts).iter().filter_map(|node| member(&cluster, node)).collect();
    object(&serde_json::to_string(&Ring { cluster: "uid-shop".to_owned(), epoch, members }).unwrap())
}

#[test]
fn epochs() {
    let check = |what: &str, published: Option<ConfigMap>, told: Option<i64>, now: &[&str], expected: i64| {
        let mut cluster = fixtures::cluster("{}");
        cluster.status = Some(SessionClusterStatus { epoch: told, ..SessionClusterStatus::default() });
        assert_eq!(next(&cluster, published.as_ref(), &nodes(now)).epoch, expected, "{what}");
    };
    let at = |epoch| Some(published(epoch, BASE));
    check("the first", None, None, &[], 1);
    check("nothing changed", at(4), Some(4), BASE, 4);
    check("the status is behind", at(4), Some(2), BASE, 4);
    check("readiness is no change", at(4), Some(4), &["shop-0:unready", "shop-1:active"], 4);
    check("one left", at(4), Some(4), &["shop-0:active"], 5);
    check("one came", at(4), Some(4), &["shop-0:active", "shop-1:active", "shop-2:active"], 5);
    check(
        "one that has no address yet",
        at(4),
        Some(4),
        &["shop-0:active", "shop-1:active", "shop-2:unplaced"],
        4,
    );
    check("one is leaving", at(4), Some(4), &["shop-0:active", "shop-1:leaving"], 5);
    check("one was replaced", at(4), Some(4), &["shop-0:new", "shop-1:active"], 5);
    check("all are gone", at(4), Some(4), &[], 5);
    check("deleted", None, Some(4), BASE, 1_004);
    check("put back from an old copy", at(3), Some(4), BASE, 1_004);
    check("damaged", Some(object("{")), Some(4), BASE, 1_004);
    check("damaged before anything was told", Some(object("{")), None, BASE, 1_000);
    let mut formers = published(4, BASE);
    let json = formers.data.as_mut().unwrap().get_mut(RING).unwrap();
    *json = json.replace("uid-shop", "uid-of-the-former");
    check("put back from a former cluster", Some(formers), Some(4), BASE, 1_004);
    check("emptied", Some(ConfigMap::default()), Some(4), BASE, 1_004);
    check("at the end of the numbers", at(i64::MAX), Some(4), &[], i64::MAX);
}

#[test]
fn endpoints_are_those_that_serve_and_empty_if_none_does() {
    for (now, expected) in [
        (&["shop-0:active", "shop-1:unready", "shop-2:leaving", "shop-3:unplaced"][..], "10.0.0.0:42424\n"),
        (&["shop-0:active", "shop-2:active"], "10.0.0.0:42424\n10.0.0.2:42424\n"),
        (&["shop-0:unready"], ""),
        (&[], ""),
    ] {
        assert_eq!(endpoints(&nodes(now)), expected, "{now:?}");
    }
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

#[test]
fn an_address_of_version_six_is_written_in_brackets() {
    let mut six = node("shop-0:active");
    six.ip = Some("fd00::7".parse().unwrap());
    assert_eq!(endpoints(&[six]), "[fd00::7]:42424\n");
}
