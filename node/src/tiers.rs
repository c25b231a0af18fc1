//! A store with the threads that make it work: committer, housekeeping, sweep.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use cloakroom_node_config::Acknowledge;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::disk::checkpoint::{Catalog, CheckpointError, Identity};
use crate::disk::volume::Volume;
use crate::housekeeping::Housekeeper;
use crate::metrics::Metrics;
use crate::store::{OpenError, Opened, Settings, StopError, Store};

/// The running tiers of one node.
#[derive(Debug)]
pub struct Tiers {
    store: Arc<Store>,
    committer: JoinHandle<io::Result<()>>,
    housekeeper: JoinHandle<Result<Catalog, CheckpointError>>,
    stop_housekeeper: Arc<AtomicBool>,
    failures: mpsc::UnboundedReceiver<String>,
    /// Changes replayed at the start.
    pub replayed: u64,
    /// Whether the last run ended without a clean stop.
    pub unclean: bool,
    /// Whether the data directory was made by this start.
    pub created: bool,
}

impl Tiers {
    /// Opens the store on `volume` and starts its threads. Blocks for as long as recovery takes.
    ///
    /// # Errors
    /// [`OpenError`]; a data directory that is not understood is left as it is.
    pub fn open(
        volume: Arc<dyn Volume>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        new_identity: impl FnOnce() -> Identity,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self, OpenError> {
        // Nobody waits for writes that are answered from memory.
        let patient = settings.acknowledge == Acknowledge::Memory;
        let Opened { store, committer, catalog, replayed, unclean, created } =
            Store::open(&volume, settings, clock, Arc::clone(&metrics), new_identity, progress)?;
        let (fail, failures) = mpsc::unbounded_channel();
        let stop_housekeeper = Arc::new(AtomicBool::new(false));
        let housekeeper =
            Housekeeper::new(Arc::clone(&store), volume, metrics, catalog, Arc::clone(&stop_housekeeper));
        let committer = named("committer", {
            let fail = fail.clone();
            move || {
                if patient {
                    give_way();
                }
                tell(&fail, "the journal cannot be written", committer.run())
            }
        })?;
        let housekeeper = named("housekeeping", move || {
            give_way();
            tell(&fail, "the disk tier cannot be kept up", housekeeper.run())
        })?;
        Ok(Self { store, committer, housekeeper, stop_housekeeper, failures, replayed, unclean, created })
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Resolves when a thread ended because the disk failed it: the process must end, since nothing
    /// more can be promised.
    pub async fn failed(&mut self) -> String {
        match self.failures.recv().await {
            Some(failure) => failure,
            // Both threads ended well; there is nothing to tell.
            None => std::future::pending().await,
        }
    }

    /// Makes everything durable, writes the last checkpoint and ends the threads. Blocks.
    ///
    /// # Errors
    /// [`StopError`]; nothing acknowledged is lost, the next start replays the journal.
    pub fn close(self) -> Result<(), StopError> {
        self.stop_housekeeper.store(true, Ordering::Release);
        let catalog = self.housekeeper.join().map_err(|_| StopError::Housekeeping)??;
        self.store.stop(self.committer, catalog)
    }
}

/// Drops what expired, a slice at a time, until told to stop.
pub async fn sweep(store: Arc<Store>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Store::sweep_pause());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut from = 0;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        from = store.sweep(from);
    }
}

/// Lets request threads go first wherever cores are short. Linux keeps this for each thread.
fn give_way() {
    if let Err(error) = rustix::process::nice(BACKGROUND_NICE) {
        tracing::debug!(%error, "a background thread keeps its priority");
    }
}

/// About a tenth of a request thread's weight.
const BACKGROUND_NICE: i32 = 10;

fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

fn tell<T, E: std::fmt::Display>(
    fail: &mpsc::UnboundedSender<String>,
    what: &str,
    result: Result<T, E>,
) -> Result<T, E> {
    if let Err(error) = &result {
        // Nobody listens any more only when the process is ending anyway.
        let _ = fail.send(format!("{what}: {error}"));
    }
    result
}
