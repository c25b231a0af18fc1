//! Rings and nodes of cluster `shop` in a few characters each, for unit tests.

use std::time::Duration;

use cloakroom_node_config::{
    BackingMode, BackingReport, NodePhase, NodeReport, RingReport, Silent, VolumeReport,
};
use cloakroom_ring::{Earlier, Member, Ring, State};
use k8s_openapi::{
    api::core::v1::{ConfigMap, Pod},
    jiff::Timestamp,
};
use serde_json::json;

use crate::{
    heard::{Heard, Silence, Voice},
    observed::Observed,
};

/// `5: 0A 1A 2D | 4 3`: epoch, members with their states, and epochs of unsettled rings of the same members.
pub(crate) fn ring(text: &str) -> Ring {
    let (text, unsettled) = text.split_once(" | ").unwrap_or((text, ""));
    let (epoch, members) = text.split_once(": ").unwrap();
    let member = |text: &str| {
        let (ordinal, state) = text.split_at(text.len() - 1);
        Member {
            name: format!("shop-{ordinal}"),
            pod_uid: format!("uid-{ordinal}"),
            address: ([10, 0, 0, ordinal.parse().unwrap()], 42_425).into(),
            clients: None,
            state: if state == "A" { State::Active } else { State::Draining },
        }
    };
    let mut ring = Ring {
        cluster: "uid-shop".to_owned(),
        epoch: epoch.parse().unwrap(),
        members: members.split(' ').map(member).collect(),
        unsettled: Vec::new(),
        lossy: false,
    };
    let earlier = |epoch: &str| Earlier { epoch: epoch.parse().unwrap(), ..ring.as_earlier() };
    ring.unsettled = unsettled.split_whitespace().map(earlier).collect();
    ring
}

/// As [`ring`] reads it.
pub(crate) fn short(ring: &Ring) -> String {
    let member = |member: &Member| {
        let state = if member.state == State::Active { "A" } else { "D" };
        format!("{}{state}", member.name.trim_start_matches("shop-"))
    };
    let members: Vec<String> = ring.members.iter().map(member).collect();
    let unsettled: Vec<String> = ring.unsettled.iter().map(|earlier| earlier.epoch.to_string()).collect();
    let mut text = format!("{}: {}", ring.epoch, members.join(" "));
    if !unsettled.is_empty() {
        text.push_str(&format!(" | {}", unsettled.join(" ")));
    }
    text
}

/// The object that has this ring.
pub(crate) fn object(ring: &Ring) -> ConfigMap {
    ConfigMap { data: Some([("ring.json".to_owned(), ring.to_json())].into()), ..ConfigMap::default() }
}

/// Nodes by their numbers. Each answers, is settled at `epoch` and has had a pod since the beginning, but for what is
/// said behind its number: `gone` (no pod), `new` (another pod of the name), `leaving`, `silent 40` (seconds), of which
/// `counted 30`, `moving` (not settled), `misses 2`, `answers 4` (seconds), `excluded`, `alone` (no word of a ring),
/// `starting`, `used 10` and `free 10` (bytes), `at 9` and `settled 8` (epochs), `behind` or `through` (writes to a backing
/// store), `unreached` (by it), `seen 9` (the epoch there).
pub(crate) fn scene(epoch: u64, nodes: &[&str]) -> Observed {
    let mut observed = Observed::default();
    for node in nodes {
        let words: Vec<&str> = node.split(' ').collect();
        let says = |word: &str| words.contains(&word);
        let number = |word: &str| -> Option<u64> {
            let at = words.iter().position(|said| *said == word)?;
            Some(words[at + 1].parse().unwrap())
        };
        let name = format!("shop-{}", words[0]);
        if !says("gone") {
            observed.pods.push(pod(words[0], says("new"), says("leaving")));
        }
        let seconds = |word: &str| number(word).map(Duration::from_secs);
        let voice = match seconds("silent") {
            Some(lasting) => {
                let counted = seconds("counted").unwrap_or(lasting);
                Voice::Silent(Silence { since: Timestamp::UNIX_EPOCH, lasting, counted })
            }
            None if says("gone") => Voice::Silent(Silence {
                since: Timestamp::UNIX_EPOCH,
                lasting: Duration::ZERO,
                counted: Duration::ZERO,
            }),
            None => Voice::Answers(seconds("answers").unwrap_or(Duration::from_secs(3_600))),
        };
        let epoch = number("at").unwrap_or(epoch);
        let settled = if says("moving") { 0 } else { number("settled").unwrap_or(epoch) };
        let missed =
            number("misses").map(|ordinal| Silent { name: format!("shop-{ordinal}"), for_millis: 1_500 });
        let report = RingReport {
            epoch,
            settled,
            moving: u64::from(says("moving")),
            incarnation: String::new(),
            silent: missed.into_iter().collect(),
        };
        let volume = number("used").or(number("free")).map(|_| VolumeReport {
            used_bytes: number("used").unwrap_or(0),
            free_bytes: number("free").unwrap_or(0),
        });
        let report = NodeReport {
            version: String::new(),
            phase: if says("starting") { NodePhase::Starting } else { NodePhase::Joining },
            sessions: Some(100),
            ring: (!says("alone")).then_some(report),
            volume,
            backing: backing(&words, number("seen").unwrap_or(0)),
            data_centres: Vec::new(),
        };
        let heard = Heard { voice, report: Some(report), settled, excluded: says("excluded") };
        observed.heard.insert(name, heard);
    }
    observed
}

fn backing(words: &[&str], epoch_seen: u64) -> Option<BackingReport> {
    let mode = match words.iter().find(|word| ["behind", "through"].contains(word))? {
        &"behind" => BackingMode::WriteBehind,
        _ => BackingMode::WriteThrough,
    };
    Some(BackingReport {
        engine: "Redis".to_owned(),
        mode,
        reachable: !words.contains(&"unreached"),
        degraded: false,
        since_seconds: 0,
        problem: None,
        unflushed: 0,
        oldest_unflushed_seconds: 0,
        lost_updates: 0,
        epoch_seen,
    })
}

fn pod(ordinal: &str, new: bool, leaving: bool) -> Pod {
    let uid = if new { format!("new-{ordinal}") } else { format!("uid-{ordinal}") };
    let deleted = leaving.then_some("2026-02-03T12:00:00Z");
    let pod = json!({
        "metadata": { "name": format!("shop-{ordinal}"), "uid": uid, "deletionTimestamp": deleted },
        "status": { "podIP": format!("10.0.0.{ordinal}") },
    });
    serde_json::from_value(pod).unwrap()
}
