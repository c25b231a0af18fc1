//! What a node counts about the data centres that share its sessions. All stay at zero without them.

use super::{Entry, Kind, Label};
use crate::metrics::words::{GatewayAnswer, GatewayResult, Swung, Word};

pub(in crate::metrics) const DATA_CENTRES: &[Entry] = &[
    Entry {
        name: "data_centre_up",
        kind: Kind::Gauge,
        unit: None,
        labels: &[Label("data_centre", &[])],
        meaning: "1 while sessions that live in that data centre are asked for there, 0 while they are taken over",
        question: "Which data centre does not answer this node?",
    },
    Entry {
        name: "swings",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(Swung::LABEL, Swung::WORDS)],
        meaning: "Sessions that were taken over from another data centre",
        question: "Did another data centre's sessions go on here? Do sessions go back and forth?",
    },
    Entry {
        name: "late_writes_refused",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Changes that the backing store refused because their session had been taken over meanwhile; those that a client still waits for are made where it lives now",
        question: "Did this data centre go on while others took it for lost?",
    },
    Entry {
        name: "gateway_requests",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(GatewayResult::LABEL, GatewayResult::WORDS)],
        meaning: "Tries to have a request served by the data centre in which its session lives",
        question: "How many requests take the detour, and does it hold?",
    },
    Entry {
        name: "gateway_answers",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(GatewayAnswer::LABEL, GatewayAnswer::WORDS)],
        meaning: "Requests that other data centres passed on to this node",
        question: "How much does this node do for other data centres? Anything under refused is somebody who has the gateways' key and is no gateway.",
    },
];
