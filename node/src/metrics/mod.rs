//! Everything a node counts, registered once.
//!
//! [`Metrics`] is handed to every part; there is no global registry, so several nodes in one process do
//! not mix. Names, units and meanings come from `catalogue.rs` alone, which is also the source of
//! `docs/metrics.md`. What happens on every request is counted in arrays of the thread's own
//! (`shard.rs`, `requests.rs`); what the store knows itself is asked for at scrape time
//! (`store_gauges.rs`).

mod backing;
mod by_two_words;
mod by_word;
mod catalogue;
mod data_centres;
mod document;
mod requests;
mod shard;
mod store_gauges;
mod words;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Metric, Registry},
};

pub use backing::BackingMetrics;
pub use by_two_words::CounterByTwo;
pub use by_word::CounterBy;
pub use data_centres::DataCentreMetrics;
pub use document::document;
pub use requests::Requests;
pub use shard::HotCounter;
pub use store_gauges::{Scrape, StoreGauges};
pub use words::{
    BackingAsk, BackingResult, ColdRead, ConnectionClosed, ConnectionRefused, CreationRefused, Forwarded,
    GatewayAnswer, GatewayResult, HelloRefused, Lost, Operation, Outcome, PeerAsk, PeerResult, Swung, Tier,
    Unanswered, Word, Written,
};

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const PREFIX: &str = "cloakroom";
/// Seconds from a fast volume's sync to one that a node should not run on.
const COMMIT_BOUNDS: [f64; 13] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
const CHECKPOINT_BOUNDS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Every metric of one node. What each means is in `docs/metrics.md`.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field's meaning is its entry in the catalogue, once")]
pub struct Metrics {
    registry: Registry,
    store: store_gauges::StoreCollector,
    requests: Requests,
    protocol_faults: Family<[(&'static str, &'static str); 1], Counter>,
    pub sessions: HotCounter,
    pub sessions_timed_out: HotCounter,
    pub sessions_abandoned: HotCounter,
    pub sessions_lost: CounterBy<Lost>,
    pub creations_refused: CounterBy<CreationRefused>,
    pub requests_unanswered: CounterBy<Unanswered>,
    pub connections_open: Gauge,
    pub connections_accepted: Counter,
    pub connections_refused: CounterBy<ConnectionRefused>,
    pub connections_closed: CounterBy<ConnectionClosed>,
    pub undelivered_acquires: Counter,
    pub received_bytes: HotCounter,
    pub sent_bytes: HotCounter,
    pub hot_tier_oversized: HotCounter,
    pub hot_tier_evicted: HotCounter,
    pub cold_reads: CounterBy<ColdRead>,
    pub commit_seconds: Histogram,
    pub batch_records: Histogram,
    pub batch_bytes: Histogram,
    pub written_bytes: CounterBy<Written>,
    pub put_bytes: HotCounter,
    pub compaction_moved_bytes: Counter,
    pub checkpoint_seconds: Histogram,
    pub replayed_records: Gauge,
    pub recovery_seconds: Gauge<f64, AtomicU64>,
    pub ring_epoch: Gauge,
    pub ring_watchers: Gauge,
    pub forwards: CounterBy<Forwarded>,
    pub stale_answers: Counter,
    pub requests_held: Counter,
    pub answers_withheld: Counter,
    pub sessions_pulled: Counter,
    pub sessions_pushed: Counter,
    pub pushed_bytes: Counter,
    pub hand_off_bytes: Gauge,
    pub peer_links_open: Gauge,
    pub peer_hellos_refused: CounterBy<HelloRefused>,
    pub peer_questions: CounterByTwo<PeerAsk, PeerResult>,
    pub peer_received_bytes: HotCounter,
    pub peer_sent_bytes: HotCounter,
    pub backing: BackingMetrics,
    pub data_centres: DataCentreMetrics,
}

impl Metrics {
    /// All metrics at zero. `version` is the program's, `config_hash` any number that differs between
    /// configurations.
    #[must_use]
    pub fn new(version: &str, config_hash: u32) -> Self {
        let mut catalogue = Catalogued(Registry::with_prefix(PREFIX));
        let store = store_gauges::StoreCollector::default();
        catalogue.0.register_collector(Box::new(store.clone()));
        catalogue.register("build", Info::new([("version", version.to_owned())]));
        catalogue.add("config_hash", Gauge::<i64>::default()).set(i64::from(config_hash));
        Self {
            store,
            requests: catalogue.add("request", Requests::default()),
            protocol_faults: catalogue.add("protocol_faults", Family::default()),
            sessions: catalogue.add("sessions", HotCounter::default()),
            sessions_timed_out: catalogue.add("sessions_timed_out", HotCounter::default()),
            sessions_abandoned: catalogue.add("sessions_abandoned", HotCounter::default()),
            sessions_lost: catalogue.add("sessions_lost", CounterBy::default()),
            creations_refused: catalogue.add("creations_refused", CounterBy::default()),
            requests_unanswered: catalogue.add("requests_unanswered", CounterBy::default()),
            connections_open: catalogue.add("connections_open", Gauge::default()),
            connections_accepted: catalogue.add("connections_accepted", Counter::default()),
            connections_refused: catalogue.add("connections_refused", CounterBy::default()),
            connections_closed: catalogue.add("connections_closed", CounterBy::default()),
            undelivered_acquires: catalogue.add("undelivered_acquires", Counter::default()),
            received_bytes: catalogue.add("received", HotCounter::default()),
            sent_bytes: catalogue.add("sent", HotCounter::default()),
            hot_tier_oversized: catalogue.add("hot_tier_oversized", HotCounter::default()),
            hot_tier_evicted: catalogue.add("hot_tier_evicted", HotCounter::default()),
            cold_reads: catalogue.add("cold_reads", CounterBy::default()),
            commit_seconds: catalogue.add("journal_commit", Histogram::new(COMMIT_BOUNDS)),
            batch_records: catalogue
                .add("journal_batch_records", Histogram::new(exponential_buckets(1.0, 4.0, 8))),
            batch_bytes: catalogue.add("journal_batch", Histogram::new(exponential_buckets(1024.0, 4.0, 9))),
            written_bytes: catalogue.add("written", CounterBy::default()),
            put_bytes: catalogue.add("put", HotCounter::default()),
            compaction_moved_bytes: catalogue.add("compaction_moved", Counter::default()),
            checkpoint_seconds: catalogue.add("checkpoint", Histogram::new(CHECKPOINT_BOUNDS)),
            replayed_records: catalogue.add("replayed_records", Gauge::default()),
            recovery_seconds: catalogue.add("recovery", Gauge::default()),
            ring_epoch: catalogue.add("ring_epoch", Gauge::default()),
            ring_watchers: catalogue.add("ring_watchers", Gauge::default()),
            forwards: catalogue.add("forwards", CounterBy::default()),
            stale_answers: catalogue.add("stale_answers", Counter::default()),
            requests_held: catalogue.add("requests_held", Counter::default()),
            answers_withheld: catalogue.add("answers_withheld", Counter::default()),
            sessions_pulled: catalogue.add("sessions_pulled", Counter::default()),
            sessions_pushed: catalogue.add("sessions_pushed", Counter::default()),
            pushed_bytes: catalogue.add("pushed", Counter::default()),
            hand_off_bytes: catalogue.add("hand_off_in_flight", Gauge::default()),
            peer_links_open: catalogue.add("peer_links_open", Gauge::default()),
            peer_hellos_refused: catalogue.add("peer_hellos_refused", CounterBy::default()),
            peer_questions: catalogue.add("peer_questions", CounterByTwo::default()),
            peer_received_bytes: catalogue.add("peer_received", HotCounter::default()),
            peer_sent_bytes: catalogue.add("peer_sent", HotCounter::default()),
            backing: BackingMetrics::new(&mut catalogue),
            data_centres: DataCentreMetrics::new(&mut catalogue),
            registry: catalogue.0,
        }
    }

    /// Records one answered request; `elapsed` is from its last byte read to its answer encoded.
    pub fn request(&self, operation: Operation, tier: Tier, outcome: Outcome, elapsed: Duration) {
        self.requests.record(operation, tier, outcome, elapsed);
    }

    /// Counts bytes that were not the protocol, under the fault's fixed word.
    pub fn protocol_fault(&self, word: &'static str) {
        self.protocol_faults.get_or_create(&[("fault", word)]).inc();
    }

    /// Asks `store` for its gauges at each scrape from now on.
    pub fn watch(&self, store: Arc<dyn Scrape>) {
        self.store.watch(store);
    }

    /// Live sessions; none before there is a store.
    #[must_use]
    pub fn live_sessions(&self) -> Option<u64> {
        self.store.live_sessions()
    }

    /// Bytes of live sessions on disk; none before there is a store.
    #[must_use]
    pub fn live_bytes(&self) -> Option<u64> {
        self.store.live_bytes()
    }

    /// All metrics as OpenMetrics text ([`CONTENT_TYPE`]).
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("writing into a String does not fail");
        out
    }
}

/// A registry that knows a metric's meaning and unit from its name.
struct Catalogued(Registry);

impl Catalogued {
    fn register(&mut self, name: &'static str, metric: impl Metric) {
        let entry = catalogue::entry(name);
        match entry.unit() {
            Some(unit) => self.0.register_with_unit(name, entry.meaning, unit, metric),
            None => self.0.register(name, entry.meaning, metric),
        }
    }

    /// Registers `metric` and hands back another handle on it.
    fn add<M: Metric + Clone>(&mut self, name: &'static str, metric: M) -> M {
        self.register(name, metric.clone());
        metric
    }
}
