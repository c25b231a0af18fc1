//! A node's process: started on what the volume holds, ended cleanly, by a kill or by a power cut.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::backing::BackingStore;
use cloakroom_node::clock::Clock;
use cloakroom_node::cluster::{Backing, Cluster, Setup};
use cloakroom_node::data_centres::{self, DataCentres, Gatekeeper};
use cloakroom_node::disk::checkpoint::Identity;
use cloakroom_node::disk::volume::memory::MemoryVolume;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::peers::Caller;
use cloakroom_node::store::{Held, Opened, Store, Unavailable};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{Centre, Disk, Machine};
use crate::engine::NodeEngine;
use crate::mode::Mode;
use crate::network::{SimulatedLinks, SimulatedPeers};
use crate::settings;
use crate::time::{NodeClock, pass};

/// All stores hash alike: what they write can then be compared.
pub(super) const IDENTITY: Identity = Identity { id: [3; 16], hash_key: [9; 16] };

/// A running process. Clones share it.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its part in the cluster.
    pub cluster: Arc<Cluster>,
    /// Cancelled when it is gone.
    pub gone: CancellationToken,
    store: Arc<Store>,
    disk: Arc<Mutex<Option<Disk>>>,
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As it was asked to: everything is written.
    Clean,
    /// At once; what was written stays written.
    Killed,
    /// At once; what was not synced is gone.
    PowerCut,
}

impl Process {
    /// Sessions in its store.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.store.sessions()
    }

    /// What its store holds under `key`.
    ///
    /// # Errors
    /// The store's.
    pub async fn held(&self, key: &str) -> Result<Held, Unavailable> {
        self.store.held(key.as_bytes()).await
    }

    /// Whether something was decided that a power cut would take.
    #[must_use]
    pub fn has_unsynced(&self) -> bool {
        self.store.queued()
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.gone.is_cancelled()
    }
}

impl Machine {
    /// Starts a process on what the volume holds.
    ///
    /// # Errors
    /// Why the store or the ring cannot be opened, which a correct node never meets here.
    pub fn start(self: &Arc<Self>) -> Result<Process, String> {
        let (volume, rate, queue_bytes, bytes_per_second) = {
            let inner = self.inner.lock();
            (inner.volume.as_volume(), inner.rate, inner.queue_bytes, inner.bytes_per_second)
        };
        let clock: Arc<dyn Clock> = Arc::new(NodeClock::new(rate));
        let metrics = Arc::new(Metrics::new("simulation", 0));
        let Opened { store, committer, catalog, unclean, created, .. } = Store::open(
            &volume,
            settings::store(queue_bytes, self.site.mode),
            Arc::clone(&clock),
            Arc::clone(&metrics),
            || IDENTITY,
            &mut |_| {},
        )
        .map_err(|error| format!("{} cannot open its store: {error}", self.name))?;
        let incarnation = self.site.chance.any();
        let gone = CancellationToken::new();
        let caller = Caller { name: self.name.as_str().into(), inc: incarnation };
        let data_centres = self.data_centres(&caller, &gone, &clock, &metrics);
        let cluster = Cluster::open(Setup {
            name: self.name.clone(),
            incarnation,
            store: Arc::clone(&store),
            peers: Arc::new(SimulatedPeers::new(self.site.network.clone(), caller, gone.clone())),
            clock,
            volume: Arc::clone(&volume),
            metrics: Arc::clone(&metrics),
            settings: settings::cluster(bytes_per_second, self.site.mode),
            backing: self.backing(&gone),
            data_centres: data_centres.clone(),
            created,
        })
        .map_err(|error| format!("{} cannot open its ring: {error}", self.name))?;
        self.site.trace.note(format_args!(
            "{} starts at epoch {} with {} sessions{}",
            self.name,
            cluster.epoch(),
            store.sessions(),
            if unclean { ", after an unclean stop" } else { "" }
        ));
        let disk = Disk::new(Arc::clone(&store), committer, volume, Arc::clone(&metrics), catalog);
        let process = Process { cluster, gone, store, disk: Arc::new(Mutex::new(Some(disk))) };
        self.run(&process);
        {
            let mut inner = self.inner.lock();
            inner.process = Some(process.clone());
            inner.lived = Some((self.site.trace.now(), None));
        }
        self.site.network.listen(
            &self.name,
            incarnation,
            Arc::clone(&process.cluster) as _,
            process.gone.clone(),
        );
        if let Some(data_centres) = data_centres {
            let stop = process.gone.clone();
            tokio::spawn(async move { data_centres.run(stop).await });
            let gatekeeper = Arc::new(Gatekeeper::new(Arc::clone(&process.cluster), metrics));
            let network = &self.site.network;
            network.open_gateway(&self.name, incarnation, gatekeeper, process.gone.clone());
        }
        Ok(process)
    }

    fn data_centres(
        &self,
        caller: &Caller,
        gone: &CancellationToken,
        clock: &Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
    ) -> Option<Arc<DataCentres>> {
        let Centre { here, there, nodes_there, swing_back_after } = self.site.centre.clone()?;
        let links = SimulatedLinks::new(self.site.network.clone(), caller.clone(), gone.clone(), nodes_there);
        Some(DataCentres::new(data_centres::Setup {
            here,
            peers: vec![(there, "the other".to_owned())],
            swing_back_after,
            links: Arc::new(links),
            clock: Arc::clone(clock),
            metrics: Arc::clone(metrics),
        }))
    }

    fn backing(&self, gone: &CancellationToken) -> Option<Backing> {
        let settings = settings::backing(self.site.mode, &self.site.chance)?;
        let engine = self.site.engine.clone()?;
        let store: Arc<dyn BackingStore> = Arc::new(NodeEngine::new(engine, self.name.clone(), gone.clone()));
        Some(Backing { store, settings })
    }

    fn run(self: &Arc<Self>, process: &Process) {
        let until_gone = process.gone.clone();
        tokio::spawn(Arc::clone(&process.cluster).run(process.gone.clone()));
        let (machine, working) = (Arc::clone(self), process.clone());
        let committing = async move {
            loop {
                let pause = machine.site.chance.millis(1, machine.slowest_sync());
                pass(pause).await;
                machine.commit(&working);
            }
        };
        tokio::spawn(until_gone.clone().run_until_cancelled_owned(committing));
        let keeping = process.clone();
        let housekeeping = async move {
            let mut from = 0;
            loop {
                pass(Duration::from_millis(300)).await;
                from = keeping.store.sweep(from);
                if let Some(disk) = keeping.disk.lock().as_mut() {
                    disk.keep_house();
                }
            }
        };
        tokio::spawn(until_gone.run_until_cancelled_owned(housekeeping));
    }

    /// Makes durable what is queued.
    fn commit(&self, process: &Process) {
        if !process.has_unsynced() {
            self.enter(process);
            return;
        }
        let volume = self.inner.lock().volume.clone();
        if let Some(disk) = process.disk.lock().as_mut() {
            let written = disk.commit(&volume);
            let entered = self.inner.lock().entered_epoch;
            // What is written through is copied to the disks of those who did it, owners or not.
            let decided = written.iter().filter(|_| self.site.mode != Mode::Degrade);
            for broken in decided.filter_map(|put| put.broken(&self.name, entered, &self.site.rings)) {
                self.site.network.report(broken);
            }
            self.enter(process);
        }
    }

    /// All that was decided is written: what comes now is decided at the present epoch or later.
    fn enter(&self, process: &Process) {
        self.inner.lock().entered_epoch = process.store.epoch();
    }

    /// Ends the process, if there is one.
    pub fn stop(&self, how: Stop) {
        let Some(process) = self.inner.lock().process.take() else { return };
        if !process.is_alive() {
            return;
        }
        self.site.trace.note(format_args!("{} ends: {how:?}", self.name));
        // What its last batch made durable, nobody may hear of any more: not this, but the next process acts on it.
        if how != Stop::Clean && self.site.chance.percent(50) {
            process.gone.cancel();
            self.commit(&process);
        }
        process.gone.cancel();
        let disk = process.disk.lock().take();
        if let (Stop::Clean, Some(disk)) = (how, disk) {
            disk.stop();
        }
        let mut inner = self.inner.lock();
        let left = match how {
            Stop::Clean | Stop::Killed => inner.volume.files(),
            Stop::PowerCut => inner.volume.synced_files(),
        };
        inner.lived = inner.lived.map(|(started, _)| (started, Some(self.site.trace.now())));
        // Whatever still has the old volume writes where nobody reads.
        inner.volume = MemoryVolume::holding(left);
    }
}
