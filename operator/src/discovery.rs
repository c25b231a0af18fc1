//! Which resources the API server knows. Everybody may ask this, so it needs no permission.

use std::time::{Duration, Instant};

use kube::Client;
use parking_lot::Mutex;

use crate::{
    api::{ApiError, known_resources},
    clock,
    kind::{Kind, MONITORING},
    observed::MonitoringKinds,
};

/// Somebody who installs the Prometheus operator should not wait long, and nobody installs it every second.
const FRESH: Duration = Duration::from_secs(60);

/// Asks for the monitoring resources now and then.
pub(crate) struct Discovery {
    client: Client,
    known: Mutex<Option<(Instant, MonitoringKinds)>>,
}

impl Discovery {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, known: Mutex::default() }
    }

    /// Which monitoring resources there are, at most a minute ago.
    ///
    /// # Errors
    /// The API server could not be asked, which is not "there are none".
    pub(crate) async fn monitoring(&self) -> Result<MonitoringKinds, ApiError> {
        let now = clock::monotonic();
        if let Some((at, kinds)) = *self.known.lock()
            && now.saturating_duration_since(at) < FRESH
        {
            return Ok(kinds);
        }
        let known = known_resources(&self.client, MONITORING).await?;
        let knows = |kind: Kind| known.contains(&kind.resource().plural);
        let kinds = MonitoringKinds {
            service_monitor: knows(Kind::ServiceMonitor),
            prometheus_rule: knows(Kind::PrometheusRule),
        };
        *self.known.lock() = Some((now, kinds));
        Ok(kinds)
    }
}
