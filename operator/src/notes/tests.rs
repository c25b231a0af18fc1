//! What is told, for what happened.

use cloakroom_crds::Endpoint;
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

use super::*;

fn status(serving: &[&str], conditions: &[(&str, &str, &str, &str)]) -> SessionClusterStatus {
    let endpoint = |node: &&str| Endpoint { node: (*node).to_owned(), address: "10.0.0.1:42424".to_owned() };
    let condition = |(type_, status, reason, message): &(&str, &str, &str, &str)| Condition {
        type_: (*type_).to_owned(),
        status: (*status).to_owned(),
        reason: (*reason).to_owned(),
        message: (*message).to_owned(),
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
        observed_generation: None,
    };
    SessionClusterStatus {
        endpoints: serving.iter().map(endpoint).collect(),
        conditions: conditions.iter().map(condition).collect(),
        ..SessionClusterStatus::default()
    }
}

fn told(
    before: Option<&SessionClusterStatus>,
    after: &SessionClusterStatus,
    changes: &[Change],
) -> Vec<String> {
    let line = |note: Note| format!("{:?} {} {}", note.type_, note.reason, note.note);
    notes(before, after, changes).into_iter().map(line).collect()
}

#[test]
fn a_change_is_told_once_and_an_unchanged_cluster_is_silent() {
    let quiet = [
        ("Degraded", "False", "AsExpected", "fine"),
        ("Paused", "False", "NotPaused", ""),
        ("Ready", "True", "AllNodesServe", "3 of 3"),
    ];
    let well = status(&["shop-0"], &quiet);
    assert!(told(Some(&well), &well, &[]).is_empty());

    let missing = ("Ready", "False", "NodesMissing", "0 of 1");
    let ill = status(&[], &[("Degraded", "True", "CrashLooping", "shop-0 crashes"), missing]);
    assert_eq!(
        told(Some(&well), &ill, &[]),
        [
            "Normal EndpointsRemoved shop-0 stopped serving sessions; endpoints now: 0",
            "Warning CrashLooping shop-0 crashes",
            "Warning NotReady 0 of 1",
        ]
    );
    assert!(told(Some(&ill), &ill, &[]).is_empty(), "the same problem is no news");
    let worse = status(&[], &[("Degraded", "True", "CrashLooping", "shop-1 crashes"), missing]);
    assert_eq!(told(Some(&ill), &worse, &[]), ["Warning CrashLooping shop-1 crashes"]);
    assert_eq!(
        told(Some(&ill), &well, &[]),
        [
            "Normal EndpointsAdded shop-0 began to serve sessions; endpoints now: 1",
            "Normal Recovered fine",
            "Normal Ready 3 of 3",
        ]
    );
}

#[test]
fn what_is_reached_is_told_of_when_it_turns() {
    for (condition, lost, back) in [
        ("BackingStoreReachable", "BackingStoreUnreachable", "BackingStoreReachable"),
        ("PeersReachable", "PeersUnreachable", "PeersReachable"),
    ] {
        let it = |status_, message| status(&[], &[(condition, status_, "Word", message)]);
        let (reached, away) = (it("True", "3 of 3"), it("False", "connection refused"));
        let still_away = it("False", "timed out");
        let unheard = it("Unknown", "no node says");
        let warning = [format!("Warning {lost} connection refused")];
        assert_eq!(told(Some(&reached), &away, &[]), warning);
        assert_eq!(told(None, &away, &[]), warning);
        assert_eq!(told(Some(&unheard), &away, &[]), warning);
        assert_eq!(told(Some(&away), &reached, &[]), [format!("Normal {back} 3 of 3")]);
        for (before, after) in [(&away, &still_away), (&unheard, &reached), (&reached, &unheard)] {
            assert!(told(Some(before), after, &[]).is_empty());
        }
        assert!(told(None, &reached, &[]).is_empty(), "what is good from the start is not news");
    }
}

#[test]
fn hibernation_is_no_fault() {
    let ready = |status_, reason, message| status(&[], &[("Ready", status_, reason, message)]);
    let awake = ready("True", "AllNodesServe", "2 of 2");
    let leaving = ready("False", "Hibernating", "shop-0, shop-1");
    let still_leaving = ready("False", "Hibernating", "shop-1");
    let asleep = ready("False", "Hibernated", "kept");
    assert_eq!(told(Some(&awake), &leaving, &[]), ["Normal Hibernating shop-0, shop-1"]);
    assert!(told(Some(&leaving), &still_leaving, &[]).is_empty());
    assert_eq!(told(Some(&still_leaving), &asleep, &[]), ["Normal Hibernated kept"]);
    assert_eq!(told(Some(&awake), &asleep, &[]), ["Normal Hibernated kept"]);
    assert!(told(Some(&asleep), &asleep, &[]).is_empty());
    assert!(told(None, &asleep, &[]).is_empty(), "a cluster may begin asleep");
}

#[test]
fn what_was_written_is_gathered_by_kind_of_change() {
    let grown =
        |claim: &str| Change::Grown { claim: claim.to_owned(), from: "1Gi".to_owned(), to: "2Gi".to_owned() };
    let created = |kind, name: &str| Change::Created { kind, name: name.to_owned() };
    let updated = |kind, name: &str, why| Change::Updated { kind, name: name.to_owned(), why };
    let changes = [
        created("ServiceAccount", "shop"),
        created("StatefulSet", "shop"),
        grown("data-shop-0"),
        grown("data-shop-1"),
        updated("ConfigMap", "shop-ring", vec![]),
        updated("ConfigMap", "shop-node", vec![]),
        Change::Rotated {
            name: "shop-location".to_owned(),
            newest: 2,
            seals_from: Time(Timestamp::UNIX_EPOCH),
        },
        updated("StatefulSet", "shop", vec!["spec.image", "spec.acknowledge"]),
    ];
    let nothing = status(&[], &[]);
    assert_eq!(
        told(None, &nothing, &changes),
        [
            "Normal Created created ServiceAccount shop, StatefulSet shop",
            "Normal GrowingVolume growing claim data-shop-0 from 1Gi to 2Gi; growing claim data-shop-1 from 1Gi to 2Gi",
            "Normal Updated updated ConfigMap shop-node",
            "Normal LocationKeysRotated Secret shop-location has key 2, which seals from 1970-01-01T00:00:00Z on",
            "Normal RestartingNodes restarting the nodes one after the other, because of spec.image, spec.acknowledge",
        ]
    );
}

#[test]
fn a_note_is_short_enough_for_the_api_server() {
    let long = status(&[], &[("Degraded", "True", "CrashLooping", &"é".repeat(2_000))]);
    let note = &notes(None, &long, &[])[0].note;
    assert!(note.len() <= 1_024 && note.ends_with('…'), "{} bytes", note.len());
}
