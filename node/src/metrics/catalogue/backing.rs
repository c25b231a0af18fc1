//! What a node counts about the backing store behind it. All stay at zero without one.

use super::{BaseUnit, Entry, Kind, Label};
use crate::metrics::words::{BackingAsk, BackingResult, Word};

pub(in crate::metrics) const BACKING: &[Entry] = &[
    Entry {
        name: "backing_store_up",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "1 while the backing store answers, else 0",
        question: "Does the backing store answer this node?",
    },
    Entry {
        name: "backing_store_degraded",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "1 while sessions are served without the backing store that is written through to",
        question: "Could a crash lose what was answered just now?",
    },
    Entry {
        name: "backing_store_requests",
        kind: Kind::Counter,
        unit: None,
        labels: &[
            Label(BackingAsk::LABEL, BackingAsk::WORDS),
            Label(BackingResult::LABEL, BackingResult::WORDS),
        ],
        meaning: "Questions to the backing store",
        question: "Does it answer, and what does it refuse? newer is normal when nodes are replaced.",
    },
    Entry {
        name: "backing_store_request",
        kind: Kind::Histogram,
        unit: Some(BaseUnit::Seconds),
        labels: &[],
        meaning: "Time until the backing store has answered one question",
        question: "Is the backing store slow?",
    },
    Entry {
        name: "unflushed_sessions",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Sessions that the backing store does not have as they are here",
        question: "How much would be lost with this node and its volume?",
    },
    Entry {
        name: "oldest_unflushed",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Seconds),
        labels: &[],
        meaning: "How long the oldest of them has waited",
        question: "Does the backing store keep up?",
    },
    Entry {
        name: "writers_slowed",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Writes that were held back because too much waits for the backing store",
        question: "Does the backing store keep up?",
    },
    Entry {
        name: "sessions_recovered",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions taken from the backing store because they were not on the node",
        question: "Was a node or a volume lost?",
    },
    Entry {
        name: "stand_ins",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Requests served in place of an owner that did not answer",
        question: "Is some node unreachable for the others?",
    },
];
