//! Events: what a person who looks at a cluster would ask about, once, when it happens.

use std::collections::BTreeSet;

use cloakroom_crds::{SessionClusterStatus, condition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::names;

/// The API server refuses a longer note.
const NOTE_BYTES: usize = 1_000;

/// What was written, as the applying step reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An object is new.
    Created {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// An object was changed.
    Updated {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The fields of the spec that pods restart for (`restart::why`); empty if none does.
        why: Vec<&'static str>,
    },
    /// An object that is no longer wanted is gone.
    Deleted {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A claim asks for more.
    Grown {
        /// Its name.
        claim: String,
        /// What it asked for.
        from: String,
        /// What it asks for now.
        to: String,
    },
    /// A StatefulSet was deleted without its pods and made again.
    Recreated {
        /// Its name.
        name: String,
    },
    /// A ring follows another, or is the first.
    Ring {
        /// Its number.
        epoch: u64,
        /// What is different about it, as sentences.
        why: Vec<String>,
        /// Whether sessions are lost by it.
        bad: bool,
    },
    /// There is a new key of the location cookie.
    Rotated {
        /// Name of the Secret.
        name: String,
        /// Number of the key.
        newest: u32,
        /// From when on it seals.
        seals_from: Time,
    },
    /// A pod that blocked a roll-out was deleted.
    Unstuck {
        /// Its name.
        pod: String,
    },
}

/// Whether a note tells of something wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteType {
    /// As asked.
    Normal,
    /// Something a person should see.
    Warning,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How bad it is.
    pub type_: NoteType,
    /// CamelCase word, from a closed set; for trouble it is the condition's.
    pub reason: String,
    /// What the operator did, as a CamelCase word.
    pub action: &'static str,
    /// The sentence.
    pub note: String,
}

/// What is worth telling about one reconcile; at most one note for each reason and action, so that a hundred volumes
/// that grow are one line.
#[must_use]
pub fn notes(
    before: Option<&SessionClusterStatus>,
    after: &SessionClusterStatus,
    changes: &[Change],
) -> Vec<Note> {
    let none = SessionClusterStatus::default();
    let before = before.unwrap_or(&none);
    let mut notes = created(changes).into_iter().collect::<Vec<_>>();
    notes.extend(changes.iter().filter_map(changed));
    notes.extend(endpoints(before, after));
    for type_ in [
        condition::DEGRADED,
        condition::PAUSED,
        condition::READY,
        condition::BACKING_STORE_REACHABLE,
        condition::PEERS_REACHABLE,
    ] {
        notes.extend(turned(type_, find(before, type_), find(after, type_)));
    }
    notes.into_iter().fold(Vec::new(), gathered).into_iter().map(cut).collect()
}

fn gathered(mut told: Vec<Note>, note: Note) -> Vec<Note> {
    match told.iter_mut().find(|earlier| earlier.reason == note.reason && earlier.action == note.action) {
        Some(earlier) => {
            earlier.note.push_str("; ");
            earlier.note.push_str(&note.note);
        }
        None => told.push(note),
    }
    told
}

fn cut(mut note: Note) -> Note {
    let text = &mut note.note;
    if let Some((end, _)) = text.char_indices().find(|(at, char)| at + char.len_utf8() > NOTE_BYTES) {
        text.truncate(end);
        text.push('…');
    }
    note
}

/// One note for all: a new cluster is one thing that happened.
fn created(changes: &[Change]) -> Option<Note> {
    let objects: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Created { kind, name } => Some(format!("{kind} {name}")),
            _ => None,
        })
        .collect();
    (!objects.is_empty())
        .then(|| note(NoteType::Normal, "Created", "Apply", format!("created {}", objects.join(", "))))
}

fn changed(change: &Change) -> Option<Note> {
    let normal = |reason, action, text| Some(note(NoteType::Normal, reason, action, text));
    match change {
        Change::Created { .. } => None,
        // What is new about members and endpoints is told in words.
        Change::Updated { kind: "ConfigMap", name, .. } if names::is_ring(name) => None,
        Change::Updated { kind, name, why } if why.is_empty() => {
            normal("Updated", "Apply", format!("updated {kind} {name}"))
        }
        Change::Updated { why, .. } => normal(
            "RestartingNodes",
            "Apply",
            format!("restarting the nodes one after the other, because of {}", why.join(", ")),
        ),
        Change::Deleted { kind, name } => {
            normal("Deleted", "Apply", format!("deleted {kind} {name}, which is no longer wanted"))
        }
        Change::Grown { claim, from, to } => {
            normal("GrowingVolume", "Grow", format!("growing claim {claim} from {from} to {to}"))
        }
        Change::Recreated { name } => normal(
            "StatefulSetRecreated",
            "Grow",
            format!("made StatefulSet {name} anew with the larger volumes; its pods went on serving"),
        ),
        Change::Ring { epoch, why, bad } => {
            let type_ = if *bad { NoteType::Warning } else { NoteType::Normal };
            Some(note(type_, "RingChanged", "Publish", format!("epoch {epoch}: {}", why.join(", "))))
        }
        Change::Rotated { name, newest, seals_from } => normal(
            "LocationKeysRotated",
            "Rotate",
            format!("Secret {name} has key {newest}, which seals from {} on", seals_from.0),
        ),
        Change::Unstuck { pod } => normal(
            "PodDeleted",
            "Unstick",
            format!(
                "deleted pod {pod} of an earlier revision, which could not start and blocked the roll-out"
            ),
        ),
    }
}

fn endpoints(before: &SessionClusterStatus, after: &SessionClusterStatus) -> Vec<Note> {
    let names = |status: &SessionClusterStatus| -> BTreeSet<String> {
        status.endpoints.iter().map(|endpoint| endpoint.node.clone()).collect()
    };
    let (was, is) = (names(before), names(after));
    let told = |nodes: Vec<&String>, reason, what: &str| {
        (!nodes.is_empty()).then(|| {
            let nodes = nodes.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            note(NoteType::Normal, reason, "Publish", format!("{nodes} {what}; endpoints now: {}", is.len()))
        })
    };
    let joined = told(is.difference(&was).collect(), "EndpointsAdded", "began to serve sessions");
    let left = told(was.difference(&is).collect(), "EndpointsRemoved", "stopped serving sessions");
    joined.into_iter().chain(left).collect()
}

/// A condition that says something else than before. What is good from the start is not news.
fn turned(type_: &str, before: Option<&Condition>, after: Option<&Condition>) -> Option<Note> {
    let after = after?;
    let is = after.status.as_str();
    let was = before.map(|before| before.status.as_str());
    let same_problem = before.is_some_and(|before| before.message == after.message);
    let same_reason = before.is_some_and(|before| before.reason == after.reason);
    let as_asked = ["Hibernating", "Hibernated"].contains(&after.reason.as_str());
    let (note_type, reason) = match (type_, was, is) {
        (condition::DEGRADED, _, "True") if !same_problem => (NoteType::Warning, after.reason.as_str()),
        (condition::DEGRADED, Some("True"), "False") => (NoteType::Normal, "Recovered"),
        (condition::PAUSED, Some("False") | None, "True") => (NoteType::Normal, "Paused"),
        (condition::PAUSED, Some("True"), "False") => (NoteType::Normal, "Resumed"),
        (condition::READY, Some("False" | "Unknown") | None, "True") => (NoteType::Normal, "Ready"),
        (condition::READY, Some(_), "False") if as_asked && !same_reason => {
            (NoteType::Normal, after.reason.as_str())
        }
        (condition::BACKING_STORE_REACHABLE, was, "False") if was != Some("False") => {
            (NoteType::Warning, "BackingStoreUnreachable")
        }
        (condition::BACKING_STORE_REACHABLE, Some("False"), "True") => {
            (NoteType::Normal, "BackingStoreReachable")
        }
        (condition::PEERS_REACHABLE, was, "False") if was != Some("False") => {
            (NoteType::Warning, "PeersUnreachable")
        }
        (condition::PEERS_REACHABLE, Some("False"), "True") => (NoteType::Normal, "PeersReachable"),
        (condition::READY, Some("True"), "False") => (NoteType::Warning, "NotReady"),
        _ => return None,
    };
    Some(note(note_type, reason, "Observe", after.message.clone()))
}

fn find<'a>(status: &'a SessionClusterStatus, type_: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|condition| condition.type_ == type_)
}

fn note(type_: NoteType, reason: &str, action: &'static str, note: String) -> Note {
    Note { type_, reason: reason.to_owned(), action, note }
}

#[cfg(test)]
mod tests;
