//! What a node counts about its backing store.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};

use super::words::{BackingAsk, BackingResult};
use super::{Catalogued, CounterByTwo};

/// Seconds from an engine on the same machine to one that nobody waits for.
const BOUNDS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5];

/// Metrics of the backing store. What each means is in `docs/metrics.md`.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field's meaning is its entry in the catalogue, once")]
pub struct BackingMetrics {
    pub up: Gauge,
    pub degraded: Gauge,
    pub requests: CounterByTwo<BackingAsk, BackingResult>,
    pub seconds: Histogram,
    pub unflushed_sessions: Gauge,
    pub oldest_unflushed_seconds: Gauge<f64, AtomicU64>,
    pub writers_slowed: Counter,
    pub sessions_recovered: Counter,
    pub stand_ins: Counter,
}

impl BackingMetrics {
    pub(super) fn new(catalogue: &mut Catalogued) -> Self {
        Self {
            up: catalogue.add("backing_store_up", Gauge::default()),
            degraded: catalogue.add("backing_store_degraded", Gauge::default()),
            requests: catalogue.add("backing_store_requests", CounterByTwo::default()),
            seconds: catalogue.add("backing_store_request", Histogram::new(BOUNDS)),
            unflushed_sessions: catalogue.add("unflushed_sessions", Gauge::default()),
            oldest_unflushed_seconds: catalogue.add("oldest_unflushed", Gauge::default()),
            writers_slowed: catalogue.add("writers_slowed", Counter::default()),
            sessions_recovered: catalogue.add("sessions_recovered", Counter::default()),
            stand_ins: catalogue.add("stand_ins", Counter::default()),
        }
    }
}
