//! What the operator counts, all series from the start.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use cloakroom_crds::SessionCluster;
use kube::runtime::reflector::Store;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::{kind::Kind, step::Step};

/// The media type of [`Metrics::encode`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds from a reconcile that found nothing to do to one that waited for the API server.
const RECONCILE_BOUNDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

type ByWord = Family<[(&'static str, &'static str); 1], Counter>;

/// Every metric of the operator.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    reconcile: Histogram,
    errors: ByWord,
    writes: ByWord,
    rings: Counter,
    exclusions: Counter,
    given_up: Counter,
    emptied: Counter,
    leader: Gauge,
    clusters: Clusters,
}

impl Metrics {
    /// All metrics at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("cloakroom_operator");
        let reconcile = Histogram::new(RECONCILE_BOUNDS);
        registry.register_with_unit("reconcile", "Time of one reconcile", Unit::Seconds, reconcile.clone());
        let errors = by_word("step", Step::ALL.iter().map(|step| step.word()));
        registry.register("reconcile_errors", "Reconciles that failed, by the step that did", errors.clone());
        let writes = by_word("kind", Kind::ALL.iter().map(|kind| kind.word()));
        registry.register("writes", "Requests sent to the API server to change an object", writes.clone());
        let rings = Counter::default();
        registry.register("rings", "Rings that were published", rings.clone());
        let exclusions = Counter::default();
        let help = "Nodes that were taken out of a ring because they were silent for too long";
        registry.register("exclusions", help, exclusions.clone());
        let given_up = Counter::default();
        let help = "Sessions that such nodes had when they were last heard, and that come back with them";
        registry.register("sessions_given_up", help, given_up.clone());
        let emptied = Counter::default();
        registry.register("emptied", "Nodes that came back with an empty volume", emptied.clone());
        let leader = Gauge::<i64>::default();
        registry.register("leader", "1 while this replica drives the clusters", leader.clone());
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The program that is running", Info::new(version));
        let clusters = Clusters::default();
        registry.register_collector(Box::new(clusters.clone()));
        Self { registry, reconcile, errors, writes, rings, exclusions, given_up, emptied, leader, clusters }
    }

    pub(crate) fn reconciled(&self, took: Duration) {
        self.reconcile.observe(took.as_secs_f64());
    }

    pub(crate) fn failed(&self, step: Step) {
        self.errors.get_or_create(&[("step", step.word())]).inc();
    }

    pub(crate) fn wrote(&self, kind: Kind) {
        self.writes.get_or_create(&[("kind", kind.word())]).inc();
    }

    pub(crate) fn published_ring(&self) {
        self.rings.inc();
    }

    /// A node was taken out of its ring that had so many sessions.
    pub(crate) fn excluded(&self, sessions: u64) {
        self.exclusions.inc();
        self.given_up.inc_by(sessions);
    }

    pub(crate) fn emptied(&self) {
        self.emptied.inc();
    }

    pub(crate) fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
    }

    /// Counts the clusters of `store` at each scrape from now on.
    pub(crate) fn watch(&self, store: Store<SessionCluster>) {
        // A second controller in one process would be a second store of the same clusters.
        let _ = self.clusters.0.set(store);
    }

    /// All metrics as OpenMetrics text ([`CONTENT_TYPE`]).
    pub(crate) fn encode(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("writing into a String does not fail");
        out
    }
}

fn by_word(label: &'static str, words: impl Iterator<Item = &'static str>) -> ByWord {
    let family = ByWord::default();
    // A rate over a series that appears with its first event misses that event.
    words.for_each(|word| drop(family.get_or_create(&[(label, word)])));
    family
}

/// The clusters by what their conditions say, counted when asked: a deleted cluster leaves nothing behind.
#[derive(Clone, Default)]
struct Clusters(Arc<OnceLock<Store<SessionCluster>>>);

impl fmt::Debug for Clusters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clusters")
    }
}

impl Collector for Clusters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let clusters = self.0.get().map(Store::state).unwrap_or_default();
        for condition in
            clusters.iter().filter_map(|cluster| cluster.status.as_ref()).flat_map(|s| &s.conditions)
        {
            *counts.entry((&condition.type_, &condition.status)).or_default() += 1;
        }
        let help = "Clusters by condition and its status";
        let mut metric = encoder.encode_descriptor(
            "clusters",
            help,
            None,
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        for ((condition, status), count) in counts {
            let labels = [("condition", condition), ("status", status)];
            ConstGauge::new(count).encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
