//! `/ring?watch=true`: the ring in force and each that follows, for those who must know at once.
//!
//! A line for each ring, and an empty one for each quarter of a minute without, so that either side finds out that the
//! other is gone. Nothing is queued for whoever reads slowly: it is shown the newest ring when it comes to read.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use tokio::time::{Interval, interval};
use tokio_util::sync::CancellationToken;

use crate::cluster::{Cluster, Watching};
use crate::metrics::Metrics;

/// Each holds a connection, and is written to when the ring changes.
pub(super) const WATCHERS_MAX: i64 = 64;
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// A place among those who watch; dropping it frees the place.
pub(super) struct Watcher(Arc<Metrics>);

impl Watcher {
    /// `None` if all places are taken.
    pub(super) fn admit(metrics: &Arc<Metrics>) -> Option<Self> {
        // What is counted is what is limited.
        let watcher = Self(Arc::clone(metrics));
        (metrics.ring_watchers.inc() < WATCHERS_MAX).then_some(watcher)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.ring_watchers.dec();
    }
}

/// What one watcher is sent, until `stop`.
pub(super) fn body(cluster: Arc<Cluster>, watcher: Watcher, stop: CancellationToken) -> Body {
    let mut signs_of_life = interval(SIGN_OF_LIFE);
    signs_of_life.reset();
    let changes = cluster.changes();
    let watch = Watch { cluster, changes, shown: 0, signs_of_life, stop, _watcher: watcher };
    Body::from_stream(stream::unfold(watch, async |mut watch| {
        let line = watch.line().await?;
        Some((Ok::<_, Infallible>(line), watch))
    }))
}

struct Watch {
    cluster: Arc<Cluster>,
    changes: Watching,
    /// Epoch of the last ring that was shown.
    shown: u64,
    signs_of_life: Interval,
    stop: CancellationToken,
    _watcher: Watcher,
}

impl Watch {
    async fn line(&mut self) -> Option<String> {
        loop {
            self.changes.mark_unchanged();
            if let Some(ring) = self.cluster.ring()
                && ring.epoch > self.shown
            {
                self.shown = ring.epoch;
                self.signs_of_life.reset();
                return Some(ring.to_json_line());
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = self.changes.changed() => {}
                _ = self.signs_of_life.tick() => return Some("\n".to_owned()),
            }
        }
    }
}
