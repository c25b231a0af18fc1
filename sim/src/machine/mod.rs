//! One machine of the simulated cluster: a volume that outlives processes, and the process that runs on it.

mod committed;
mod disk;
mod process;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::DataCentre;
use cloakroom_node::disk::volume::memory::MemoryVolume;
use parking_lot::Mutex;

use crate::chance::Chance;
use crate::engine::Engine;
use crate::mode::Mode;
use crate::network::Network;
use crate::rings::Rings;
use crate::trace::Trace;
use disk::Disk;
pub use process::{Process, Stop};

/// What machines share.
#[derive(Clone, Debug)]
pub struct Site {
    /// What each process asks the others through.
    pub network: Network,
    /// What is behind the nodes.
    pub mode: Mode,
    /// The engine, if there is one.
    pub engine: Option<Engine>,
    /// Every ring that was published.
    pub rings: Rings,
    /// Which data centre it is, if there are several.
    pub centre: Option<Centre>,
    /// Where events go.
    pub trace: Trace,
    /// What the machine leaves to chance.
    pub chance: Chance,
}

/// A data centre and the other one.
#[derive(Clone, Debug)]
pub struct Centre {
    /// This one.
    pub here: DataCentre,
    /// The other one.
    pub there: DataCentre,
    /// The nodes that it may have.
    pub nodes_there: Vec<String>,
    /// When sessions are taken back, if ever.
    pub swing_back_after: Option<Duration>,
}

impl Centre {
    /// The data centres with these numbers.
    ///
    /// # Panics
    /// If one of them is none.
    #[must_use]
    pub fn new(here: u8, there: u8, nodes_there: Vec<String>, swing_back_after: Option<Duration>) -> Self {
        let number = |number| DataCentre::new(number).expect("the number of a data centre");
        Self { here: number(here), there: number(there), nodes_there, swing_back_after }
    }
}

/// A machine.
#[derive(Debug)]
pub struct Machine {
    name: String,
    number: u16,
    site: Site,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    volume: MemoryVolume,
    /// Volumes it had before.
    volumes_lost: u32,
    process: Option<Process>,
    /// When the present process started, or the last one did and ended.
    lived: Option<(Duration, Option<Duration>)>,
    /// Its clock shows so many milliseconds for each second.
    rate: u32,
    /// The longest that a sync takes, and the same while the disk is slow.
    slowest_sync_millis: u64,
    slow_sync_millis: Option<u64>,
    /// What is written from now on was decided at this epoch or a later one.
    entered_epoch: u64,
    /// What it hands over in a second.
    bytes_per_second: u64,
    /// What its store lets wait for the disk.
    queue_bytes: usize,
    /// Somebody is already doing something with it.
    taken: bool,
}

impl Machine {
    /// A machine with an empty volume, and no process. `name` is that of its node.
    #[must_use]
    pub fn new(name: String, number: u16, site: Site) -> Arc<Self> {
        let rate = u32::try_from(site.chance.between(900, 1100)).expect("small");
        let inner = Inner {
            volume: MemoryVolume::default(),
            volumes_lost: 0,
            process: None,
            lived: None,
            rate,
            slowest_sync_millis: site.chance.pick(&[4, 4, 20, 60]),
            slow_sync_millis: None,
            entered_epoch: 0,
            bytes_per_second: site.chance.pick(&[2 << 10, 20 << 20]),
            queue_bytes: site.chance.pick(&[1, 2 << 10, 1 << 20]),
            taken: false,
        };
        Arc::new(Self { name, number, site, inner: Mutex::new(inner) })
    }

    /// Its name, and that of its node.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its place in the StatefulSet.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Where its peers reach it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], 20_000 + self.number).into()
    }

    /// The process that runs on it.
    #[must_use]
    pub fn process(&self) -> Option<Process> {
        self.inner.lock().process.clone().filter(Process::is_alive)
    }

    /// When its process started, and when it ended: now, while it runs.
    #[must_use]
    pub fn lived(&self) -> Option<(Duration, Duration)> {
        let (started, ended) = self.inner.lock().lived?;
        Some((started, ended.unwrap_or_else(|| self.site.trace.now())))
    }

    /// Replaces the volume by an empty one. No process runs on it.
    pub fn lose_volume(&self) {
        let mut inner = self.inner.lock();
        assert!(inner.process.is_none(), "a volume is lost with its machine");
        inner.volume = MemoryVolume::default();
        inner.volumes_lost += 1;
        inner.entered_epoch = 0;
    }

    /// How many volumes it had before this one.
    #[must_use]
    pub fn volumes_lost(&self) -> u32 {
        self.inner.lock().volumes_lost
    }

    /// Lets a sync take up to that many milliseconds from now on, or what it always does.
    pub fn slow_down(&self, millis: Option<u64>) {
        self.inner.lock().slow_sync_millis = millis;
    }

    /// Claims the machine for one operation at a time; false if somebody else has it.
    #[must_use]
    pub fn take(&self) -> bool {
        !std::mem::replace(&mut self.inner.lock().taken, true)
    }

    /// Ends the claim.
    pub fn give_back(&self) {
        self.inner.lock().taken = false;
    }

    fn slowest_sync(&self) -> u64 {
        let inner = self.inner.lock();
        inner.slow_sync_millis.unwrap_or(inner.slowest_sync_millis)
    }
}
