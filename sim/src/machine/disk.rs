//! The two writers of a process, driven by hand in virtual time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use cloakroom_node::disk::checkpoint::Catalog;
use cloakroom_node::disk::committer::Committer;
use cloakroom_node::disk::volume::Volume;
use cloakroom_node::disk::volume::memory::MemoryVolume;
use cloakroom_node::housekeeping::Housekeeper;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::store::Store;

use super::committed::{Put, puts};

/// Committer and housekeeper.
#[derive(Debug)]
pub(super) struct Disk {
    store: Arc<Store>,
    committer: Committer<Store>,
    housekeeper: Housekeeper,
}

impl Disk {
    pub(super) fn new(
        store: Arc<Store>,
        committer: Committer<Store>,
        volume: Arc<dyn Volume>,
        metrics: Arc<Metrics>,
        catalog: Catalog,
    ) -> Self {
        let never = Arc::new(AtomicBool::new(false));
        let housekeeper = Housekeeper::new(Arc::clone(&store), volume, metrics, catalog, never);
        Self { store, committer, housekeeper }
    }

    /// Commits one batch and returns the sessions in it.
    pub(super) fn commit(&mut self, volume: &MemoryVolume) -> Vec<Put> {
        volume.record();
        self.committer.commit_next(Duration::ZERO).expect("the volume does not fail");
        puts(&volume.take_log())
    }

    /// Checkpoints, compaction, segments ahead of need.
    pub(super) fn keep_house(&mut self) {
        self.housekeeper.tick().expect("the volume does not fail");
    }

    /// Writes down everything, as a clean stop does.
    pub(super) fn stop(self) {
        let catalog = self.housekeeper.into_catalog().expect("the volume does not fail");
        let committer = self.committer;
        let thread = std::thread::spawn(move || committer.run());
        self.store.stop(thread, catalog).expect("the volume does not fail");
    }
}
