//! When the epoch rises by one, by many, and that it never goes back.

use cloakroom_crds::SessionClusterStatus;

use super::*;
use crate::{
    fixtures,
    observed::Observed,
    scene::{ring, scene, short},
};

fn told(epoch: Option<i64>, members: &[&str]) -> SessionCluster {
    let mut cluster = fixtures::cluster("{}");
    let member = |name: &&str| RingMember {
        name: (*name).to_owned(),
        state: RingMemberState::Active,
        epoch: None,
        settled: true,
        moving: None,
    };
    let ring = epoch.filter(|_| !members.is_empty()).map(|epoch| RingStatus {
        epoch,
        settled: true,
        members: members.iter().map(member).collect(),
    });
    cluster.status = Some(SessionClusterStatus { epoch, ring, ..SessionClusterStatus::default() });
    cluster
}

#[test]
fn epochs() {
    let check =
        |what: &str, published: Published, epoch: Option<i64>, nodes: &[&str], expected: Option<&str>| {
            let (cluster, observed) = (told(epoch, &["shop-0", "shop-1"]), scene(0, nodes));
            let next = following(&cluster, &published, &Facts::new(&cluster, &observed));
            assert_eq!(next.map(|next| short(&next.ring)).as_deref(), expected, "{what}");
        };
    let at = |text: &str| Published::Ring(ring(text));
    check("nobody is up", Published::Nothing, None, &["0 starting"], None);
    check("the first", Published::Nothing, None, &["0", "1 starting"], Some("1: 0A"));
    check("nothing new", at("4: 0A"), Some(4), &["0 at 4"], None);
    check("the status is behind", at("4: 0A"), Some(2), &["0 at 4"], None);
    check("one came", at("4: 0A"), Some(4), &["0 at 4", "1"], Some("5: 0A 1A | 4"));
    check(
        "deleted",
        Published::Nothing,
        Some(4),
        &["0 at 4", "1 at 4 silent 9", "2"],
        Some("1004: 0A 1A 2A | 4"),
    );
    check("deleted, and nobody is there", Published::Nothing, Some(4), &[], None);
    check("damaged", Published::Damaged, Some(4), &["0 at 4"], Some("1004: 0A | 4"));
    check("damaged before anything was told", Published::Damaged, None, &["0"], Some("1000: 0A"));
    check("put back from an old copy", at("3: 0A"), Some(4), &["0 at 4"], Some("1004: 0A | 4"));
    check("a node knows a later one", at("4: 0A"), Some(4), &["0 at 9"], Some("1009: 0A | 4"));
    check(
        "a volume of a former cluster does, before the first",
        Published::Nothing,
        None,
        &["0 at 57"],
        Some("1057: 0A"),
    );
    let mut formers = ring("4: 0A");
    formers.cluster = "uid-of-the-former".to_owned();
    check(
        "put back from a former cluster",
        Published::Ring(formers),
        Some(4),
        &["0 at 4"],
        Some("1004: 0A | 4"),
    );
}

#[test]
fn volumes_from_before_wait_for_each_other() {
    let mut cluster = fixtures::cluster("{replicas: 3}");
    cluster.status = None;
    let check = |what: &str, nodes: &[&str], expected: Option<&str>| {
        let observed = scene(0, nodes);
        let next = following(&cluster, &Published::Nothing, &Facts::new(&cluster, &observed));
        assert_eq!(next.map(|next| short(&next.ring)).as_deref(), expected, "{what}");
    };
    check("two are up", &["0 at 57 answers 9", "1 at 57 answers 1", "2 starting"], None);
    check("all are", &["0 at 57 answers 9", "1 at 57 answers 1", "2 answers 0"], Some("1057: 0A 1A 2A"));
    check(
        "the third does not come",
        &["0 at 57 answers 60", "1 at 57 answers 1", "2 starting"],
        Some("1057: 0A 1A"),
    );
}

/// A member that cannot be reached may have sessions, so it is remembered as an owner of before.
#[test]
fn a_lost_ring_forgets_no_owner() {
    let (cluster, observed) = (told(Some(4), &["shop-0", "shop-1"]), scene(4, &["0", "1 gone"]));
    let next = following(&cluster, &Published::Nothing, &Facts::new(&cluster, &observed)).unwrap();
    assert_eq!(short(&next.ring), "1004: 0A | 4");
    let owners: Vec<&str> =
        next.ring.unsettled[0].members.iter().map(|former| former.name.as_str()).collect();
    assert_eq!(owners, ["shop-0", "shop-1"]);
    assert_eq!(next.why, [Why::Rebuilt]);
}

/// A node has all of it on its disk, also what the status does not tell: who owned what before.
#[test]
fn a_ring_that_a_node_remembers_is_gone_on_from() {
    let cluster = told(Some(4), &["shop-0", "shop-1"]);
    let check = |what: &str, remembered: &str, expected: &str| {
        let observed = Observed { remembered: Some(ring(remembered)), ..scene(4, &["0", "1 new", "2"]) };
        let next = following(&cluster, &Published::Damaged, &Facts::new(&cluster, &observed)).unwrap();
        assert_eq!(short(&next.ring), expected, "{what}");
        assert_eq!(next.ring.member("shop-1").unwrap().pod_uid, "new-1", "{what}");
    };
    check("the same", "4: 0A 1A 5D | 3 2", "1004: 0A 1A 2A 5D | 4 3 2");
    check("a later one", "6: 0A 1A", "1004: 0A 1A 2A | 6");
    check("an earlier one", "3: 0A 1A | 2", "1004: 0A 1A 2A | 4 3 2");
}
