//! The ring file: read at the start and whenever it changes.
//!
//! It is looked at once a second instead of being watched: a mounted ConfigMap is replaced by moving symbolic links,
//! which notifications miss.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::Ring;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::cluster::{Cluster, Refused};

const LOOK: Duration = Duration::from_secs(1);
/// What a ring of the most members takes, several times over.
const BYTES_MAX: u64 = 1 << 20;

/// Hands every ring in `file` to `cluster`, until `stop`.
pub(crate) async fn watch(file: PathBuf, cluster: Arc<Cluster>, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        let found = read(&file).await;
        if last.as_ref() == Some(&found) {
            continue;
        }
        match &found {
            Ok(text) => take_up(&file, text, &cluster).await,
            Err(error) => {
                tracing::info!(file = %file.display(), %error, "no ring there yet; waiting for one, or for one from the operator or a peer");
            }
        }
        last = Some(found);
    }
}

async fn take_up(file: &Path, text: &str, cluster: &Arc<Cluster>) {
    let ring = match Ring::from_json(text) {
        Ok(ring) => ring,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "not a ring; the one in force stays");
            return;
        }
    };
    match cluster.adopt(&ring).await {
        // The mounted file is the last to know.
        Ok(()) | Err(Refused::Older { .. }) => {}
        Err(refused) => tracing::warn!(file = %file.display(), %refused, "the ring is not acted on"),
    }
}

/// The text, or why there is none, in words that can be compared.
async fn read(file: &Path) -> Result<String, String> {
    let file = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let bytes = std::fs::metadata(&file).map_err(|error| error.to_string())?.len();
        if bytes > BYTES_MAX {
            return Err(format!("it has {bytes} bytes, which no ring has"));
        }
        std::fs::read_to_string(file).map_err(|error| error.to_string())
    });
    reading.await.unwrap_or_else(|error| Err(error.to_string()))
}
