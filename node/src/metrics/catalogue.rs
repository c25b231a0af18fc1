//! The one table of metrics: name, kind, unit, labels, what it counts and the question it answers.

mod backing;
mod cluster;
mod data_centres;

use prometheus_client::{metrics::MetricType, registry::Unit};

use super::words::{
    ColdRead, ConnectionClosed, ConnectionRefused, CreationRefused, Lost, Operation, Outcome, Tier,
    Unanswered, Word, Written,
};

/// One metric as people read about it.
pub(super) struct Entry {
    /// As registered: without prefix, unit and `_total`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Option<BaseUnit>,
    pub(super) labels: &'static [Label],
    /// One clause without a full stop; also the help text of the exposition.
    pub(super) meaning: &'static str,
    pub(super) question: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

#[derive(Clone, Copy)]
pub(super) enum BaseUnit {
    Bytes,
    Seconds,
}

/// A label's name and values.
pub(super) struct Label(pub(super) &'static str, pub(super) &'static [&'static str]);

/// The entry of the metric registered as `name`.
pub(super) fn entry(name: &str) -> &'static Entry {
    all()
        .find(|entry| entry.name == name)
        .expect("every metric that is registered has its entry in this table")
}

impl Kind {
    /// The word of the OpenMetrics `# TYPE` line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counter => MetricType::Counter.as_str(),
            Self::Gauge => MetricType::Gauge.as_str(),
            Self::Histogram => MetricType::Histogram.as_str(),
            Self::Info => MetricType::Info.as_str(),
        }
    }
}

impl Entry {
    /// The unit in the registry's own terms.
    pub(super) fn unit(&self) -> Option<Unit> {
        self.unit.map(|unit| match unit {
            BaseUnit::Bytes => Unit::Bytes,
            BaseUnit::Seconds => Unit::Seconds,
        })
    }
}

/// All metrics, by the part of the node they tell about.
pub(super) fn all() -> impl Iterator<Item = &'static Entry> {
    NODE.iter().chain(cluster::CLUSTER).chain(backing::BACKING).chain(data_centres::DATA_CENTRES)
}

const NODE: &[Entry] = &[
    Entry {
        name: "request",
        kind: Kind::Histogram,
        unit: Some(BaseUnit::Seconds),
        labels: &[
            Label(Operation::LABEL, Operation::WORDS),
            Label(Tier::LABEL, Tier::WORDS),
            Label(Outcome::LABEL, Outcome::WORDS),
        ],
        meaning: "Time from a request's last byte read to its answer encoded",
        question: "Which operation is slow, and does it touch the disk? What share is served from memory?",
    },
    Entry {
        name: "received",
        kind: Kind::Counter,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Bytes read from clients",
        question: "How much do web servers write?",
    },
    Entry {
        name: "sent",
        kind: Kind::Counter,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Bytes written to clients",
        question: "How much do web servers read?",
    },
    Entry {
        name: "protocol_faults",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label("fault", &[])],
        meaning: "Requests whose framing could not be understood; each closes its connection",
        question: "Does something other than a web server talk to the state port?",
    },
    Entry {
        name: "sessions_active",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Live sessions (the original service's State Server Sessions Active)",
        question: "How many users are there now?",
    },
    Entry {
        name: "sessions",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions created (State Server Sessions Total)",
        question: "How fast do new users arrive?",
    },
    Entry {
        name: "sessions_timed_out",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions that reached their deadline (State Server Sessions Timed Out)",
        question: "How many users leave without logging out?",
    },
    Entry {
        name: "sessions_abandoned",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions removed by request (State Server Sessions Abandoned)",
        question: "How many users log out?",
    },
    Entry {
        name: "sessions_lost",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(Lost::LABEL, Lost::WORDS)],
        meaning: "Stored sessions that cannot be given any more",
        question: "Has a disk or a node lost data? Anything but 0 deserves a look at the volume, or at why the node was excluded.",
    },
    Entry {
        name: "creations_refused",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(CreationRefused::LABEL, CreationRefused::WORDS)],
        meaning: "New sessions that were not stored",
        question: "Are new users turned away?",
    },
    Entry {
        name: "requests_unanswered",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(Unanswered::LABEL, Unanswered::WORDS)],
        meaning: "Requests that could not be answered truthfully in time; each closes its connection",
        question: "Did pages fail because of this node, and why?",
    },
    Entry {
        name: "connections_open",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Open connections on the state port",
        question: "How near is `limits.connections`?",
    },
    Entry {
        name: "connections_accepted",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Connections accepted",
        question: "Do clients reuse their connections?",
    },
    Entry {
        name: "connections_refused",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(ConnectionRefused::LABEL, ConnectionRefused::WORDS)],
        meaning: "Connections closed before their first request",
        question: "Which limit turns web servers away?",
    },
    Entry {
        name: "connections_closed",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(ConnectionClosed::LABEL, ConnectionClosed::WORDS)],
        meaning: "Connections that ended",
        question: "Are there slow or broken clients?",
    },
    Entry {
        name: "undelivered_acquires",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Locks given back because their client was gone before it was told",
        question: "Do web servers give up on the node while it works?",
    },
    Entry {
        name: "hot_tier",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Memory that sessions in the hot tier take",
        question: "Is `hotTier` used up?",
    },
    Entry {
        name: "hot_tier_entries",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Sessions in the hot tier",
        question: "What share of the live sessions is served without the disk?",
    },
    Entry {
        name: "hot_tier_oversized",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions too large for the hot tier, served from disk",
        question: "Are there sessions that should be smaller?",
    },
    Entry {
        name: "hot_tier_evicted",
        kind: Kind::Counter,
        unit: None,
        labels: &[],
        meaning: "Sessions that left the hot tier for lack of room; they stay on disk",
        question: "Would a larger `hotTier` help?",
    },
    Entry {
        name: "cold_reads",
        kind: Kind::Counter,
        unit: None,
        labels: &[Label(ColdRead::LABEL, ColdRead::WORDS)],
        meaning: "Sessions read from the disk tier",
        question: "Does the volume serve reads, or the page cache?",
    },
    Entry {
        name: "journal_commit",
        kind: Kind::Histogram,
        unit: Some(BaseUnit::Seconds),
        labels: &[],
        meaning: "Time of one group commit: write and sync",
        question: "Is the volume fast enough? Every durable answer waits for one of these.",
    },
    Entry {
        name: "journal_batch_records",
        kind: Kind::Histogram,
        unit: None,
        labels: &[],
        meaning: "Records in one group commit",
        question: "Do commits gather writers?",
    },
    Entry {
        name: "journal_batch",
        kind: Kind::Histogram,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Bytes in one group commit",
        question: "How large are the writes that the volume sees?",
    },
    Entry {
        name: "journal_queue_records",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Records waiting for the committer",
        question: "Does the volume keep up?",
    },
    Entry {
        name: "journal_queue",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Bytes waiting for the committer",
        question: "How near is `journal.queueBytes`, beyond which writers wait?",
    },
    Entry {
        name: "journal_live",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Journal bytes that are the latest of a live session",
        question: "How much disk do sessions need?",
    },
    Entry {
        name: "journal_dead",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Journal bytes that compaction can drop",
        question: "Does compaction keep up?",
    },
    Entry {
        name: "journal_segments",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Journal segment files",
        question: "How many files does the data directory hold?",
    },
    Entry {
        name: "put",
        kind: Kind::Counter,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Body bytes of acknowledged writes",
        question: "How much do applications store? The denominator of write amplification.",
    },
    Entry {
        name: "written",
        kind: Kind::Counter,
        unit: Some(BaseUnit::Bytes),
        labels: &[Label(Written::LABEL, Written::WORDS)],
        meaning: "Bytes written to files",
        question: "How much wear does the volume see for each byte put?",
    },
    Entry {
        name: "compaction_moved",
        kind: Kind::Counter,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Live bytes that compaction copied",
        question: "Which part of the writing is compaction?",
    },
    Entry {
        name: "checkpoint",
        kind: Kind::Histogram,
        unit: Some(BaseUnit::Seconds),
        labels: &[],
        meaning: "Time of one index checkpoint",
        question: "How often, and how long, is the index written?",
    },
    Entry {
        name: "index",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Bytes),
        labels: &[],
        meaning: "Memory of the index of all sessions",
        question: "What do sessions cost that are only on disk?",
    },
    Entry {
        name: "tombstones",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Removed sessions remembered against late writes",
        question: "Do removals pile up?",
    },
    Entry {
        name: "disk_full",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "1 while new sessions are refused because the disk is full",
        question: "Must the volume grow?",
    },
    Entry {
        name: "build",
        kind: Kind::Info,
        unit: None,
        labels: &[Label("version", &[])],
        meaning: "The program that is running",
        question: "Which version runs where?",
    },
    Entry {
        name: "config_hash",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Checksum (CRC32C) of the effective configuration",
        question: "Do all nodes run the same configuration?",
    },
    Entry {
        name: "replayed_records",
        kind: Kind::Gauge,
        unit: None,
        labels: &[],
        meaning: "Journal records replayed by the last start",
        question: "How much had gathered since the last checkpoint?",
    },
    Entry {
        name: "recovery",
        kind: Kind::Gauge,
        unit: Some(BaseUnit::Seconds),
        labels: &[],
        meaning: "Time the last start took from opening the data directory to serving",
        question: "How long does a restart keep users waiting?",
    },
];
