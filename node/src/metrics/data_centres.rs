//! What a node counts about the data centres that share its sessions.

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};

use super::words::{GatewayAnswer, GatewayResult, Swung};
use super::{Catalogued, CounterBy};

/// Metrics of data centres. What each means is in `docs/metrics.md`.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field's meaning is its entry in the catalogue, once")]
pub struct DataCentreMetrics {
    up: Family<[(&'static str, String); 1], Gauge>,
    pub swings: CounterBy<Swung>,
    pub late_writes_refused: Counter,
    pub requests: CounterBy<GatewayResult>,
    pub answers: CounterBy<GatewayAnswer>,
}

impl DataCentreMetrics {
    pub(super) fn new(catalogue: &mut Catalogued) -> Self {
        Self {
            up: catalogue.add("data_centre_up", Family::default()),
            swings: catalogue.add("swings", CounterBy::default()),
            late_writes_refused: catalogue.add("late_writes_refused", Counter::default()),
            requests: catalogue.add("gateway_requests", CounterBy::default()),
            answers: catalogue.add("gateway_answers", CounterBy::default()),
        }
    }

    /// Notes whether the data centre that is configured under `name` is asked for its sessions.
    pub fn note_up(&self, name: &str, up: bool) {
        self.up.get_or_create(&[("data_centre", name.to_owned())]).set(i64::from(up));
    }
}
