//! One node among others: whose a session is, how it gets there, and when this node may answer.
//!
//! Placement is computed from the ring alone (`cloakroom_ring`); nobody stores where a session is. What keeps two
//! nodes from serving the same session is that *adopting a ring is the seal*: a command is decided only at the epoch
//! at which its owner was computed ([`Store::enter`](crate::store::Store::enter)), so a node that speaks at an epoch
//! has stopped serving everything that it does not own in it. A new owner first takes what the earlier ones have
//! (`pull`); they push the rest in the background (`hand_off`). `docs/ARCHITECTURE.md` has the way of a request,
//! `docs/peer-protocol.md` the messages.
//!
//! Nothing here opens a socket or a thread: peers, clock, volume and randomness come in with [`Setup`], and the
//! simulation runs these files unchanged.

mod abroad;
mod adopt;
mod arrival;
mod beacon;
mod behind;
mod changes;
mod drain;
mod forward;
mod given;
mod hand_off;
mod list;
mod mirrored;
mod pace;
mod pull;
mod receive;
mod recover;
mod report;
mod respond;
mod ring_file;
mod serve;
mod settings;
mod single_flight;
mod standing;
mod tier;
mod view;
mod watched;
mod written_through;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use cloakroom_ring::{Former, Placement, Ring};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use adopt::Refused;
pub use changes::Watching;
pub use drain::HandedOver;
pub use list::Partial;
pub use ring_file::{RING_NAME, RingUnreadable};
pub use serve::{Held, Progress};
pub use settings::Settings;
pub use tier::{Backing, BackingMode, BackingSettings};

use crate::backing::BackingStore;
use crate::clock::Clock;
use crate::data_centres::DataCentres;
use crate::disk::volume::Volume;
use crate::metrics::Metrics;
use crate::peers::Peers;
use crate::store::Store;
use crate::through::{self, Through};
use arrival::Arrival;
use changes::Changes;
use given::Given;
use mirrored::Mirrored;
use ring_file::Remembered;
use single_flight::SingleFlight;
use standing::Standing;
use tier::Tier;
use view::View;
use watched::Watched;

/// What a node of a cluster is made of.
pub struct Setup {
    /// Its name in the ring.
    pub name: String,
    /// Random number of this process.
    pub incarnation: u64,
    /// Its sessions.
    pub store: Arc<Store>,
    /// The way to the other nodes.
    pub peers: Arc<dyn Peers>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Its data directory.
    pub volume: Arc<dyn Volume>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// Times and bounds.
    pub settings: Settings,
    /// What is behind it, if anything is.
    pub backing: Option<Backing>,
    /// The data centres that share its sessions, if any do. They need what is behind it to be written through.
    pub data_centres: Option<Arc<DataCentres>>,
    /// Whether the data directory was made by this start.
    pub created: bool,
}

/// A node's part in its cluster.
pub struct Cluster {
    setup: Setup,
    /// The ring that is acted on; none before the first.
    view: ArcSwapOption<View>,
    /// Told whenever a held request may have become answerable.
    changed: Changes,
    /// What the data directory says; held while a ring is adopted, so that one is adopted after the other.
    remembered: tokio::sync::Mutex<Option<Remembered>>,
    standing: Mutex<Option<Standing>>,
    /// This node may serve until then, in milliseconds of the boot-time clock.
    serve_until: AtomicU64,
    /// The last epoch at which everything was handed over.
    settled: AtomicU64,
    /// Sessions found that are still to be handed over.
    moving: AtomicU64,
    /// Sessions that are being taken from their earlier owners.
    pulls: SingleFlight,
    tier: Option<Arc<Tier>>,
    /// What is not here of this node's share is nowhere but, perhaps, in the backing store: false once a volume was lost.
    whole: AtomicBool,
    given: Given,
    arrival: Mutex<Arrival>,
    /// The last settled epoch that somebody who asked was told.
    reported: AtomicU64,
    /// Cookies drawn so far.
    drawn: AtomicU64,
    /// Calls for beacons ahead of their time.
    beat: Notify,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Setup { name, incarnation, .. } = &self.setup;
        f.debug_struct("Cluster")
            .field("name", name)
            .field("incarnation", incarnation)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Goes on with the ring that was acted on last, if there was one.
    ///
    /// # Errors
    /// [`RingUnreadable`].
    pub fn open(mut setup: Setup) -> Result<Arc<Self>, RingUnreadable> {
        let remembered = ring_file::read(setup.volume.as_ref())?;
        let backing = setup.backing.take();
        let tier = backing.map(|backing| Arc::new(tier(backing, &setup)));
        let cluster = Arc::new(Self {
            setup,
            view: ArcSwapOption::empty(),
            changed: Changes::default(),
            remembered: tokio::sync::Mutex::new(None),
            standing: Mutex::new(None),
            serve_until: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            moving: AtomicU64::new(0),
            pulls: SingleFlight::default(),
            tier,
            whole: AtomicBool::new(true),
            given: Given::default(),
            arrival: Mutex::default(),
            reported: AtomicU64::new(0),
            drawn: AtomicU64::new(0),
            beat: Notify::new(),
        });
        if let Some(remembered) = remembered {
            cluster.whole.store(remembered.whole, Ordering::Release);
            if remembered.clean_at == remembered.ring.epoch {
                cluster.settled.store(remembered.clean_at, Ordering::Release);
            }
            cluster.setup.store.enter(remembered.ring.epoch);
            cluster.act_on(&remembered.ring);
            *cluster.remembered.try_lock().expect("nobody else has it yet") = Some(remembered);
        }
        Ok(cluster)
    }

    /// Beats, hands over, takes over and looks after other data centres until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let beating = Arc::clone(&self).beat(stop.clone());
        let flushing = Arc::clone(&self).flush_behind(stop.clone());
        let data_centres = self.setup.data_centres.clone();
        let looking = async {
            if let Some(data_centres) = data_centres {
                data_centres.run(stop.clone()).await;
            }
        };
        let handing_over = Arc::clone(&self).hand_off(stop.clone());
        tokio::join!(biased; beating, flushing, looking, handing_over);
    }

    /// Epoch of the ring that is acted on; 0 before the first.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.view.load().as_ref().map_or(0, |view| view.epoch())
    }

    /// The ring that is acted on.
    #[must_use]
    pub fn ring(&self) -> Option<Arc<Ring>> {
        self.view.load().as_ref().map(|view| Arc::clone(view.placement.ring()))
    }

    /// Whether what is not here of this node's share was never given to it.
    fn has_everything(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    fn view(&self) -> Option<Arc<View>> {
        self.view.load_full()
    }

    /// Makes `ring` the one that is acted on. The store has entered its epoch, so nothing is decided any more by an earlier
    /// one.
    fn act_on(&self, ring: &Ring) {
        let placement = Placement::new(Arc::new(ring.clone()), &self.setup.name);
        let view = Arc::new(View::new(placement));
        {
            let now = self.setup.clock.boottime();
            let mut standing = self.standing.lock();
            let lease = self.setup.settings.lease;
            let next = Standing::new(standing.as_ref(), &view, &self.setup.name, lease, now);
            self.let_serve_until(next.serve_until());
            *standing = Some(next);
        }
        self.setup.peers.members(ring);
        self.setup.metrics.ring_epoch.set(i64::try_from(ring.epoch).unwrap_or(i64::MAX));
        self.view.store(Some(view));
        self.tell_changed();
        self.beat.notify_one();
    }

    fn let_serve_until(&self, moment: Duration) {
        let millis = u64::try_from(moment.as_millis()).unwrap_or(u64::MAX);
        self.serve_until.store(millis, Ordering::Release);
    }

    fn tell_changed(&self) {
        self.changed.tell();
    }
}

/// What is known of the backing store at the start: nothing.
fn tier(backing: Backing, setup: &Setup) -> Tier {
    let Backing { store, settings } = backing;
    let state = Arc::new(tier::State::default());
    let (clock, metrics) = (Arc::clone(&setup.clock), Arc::clone(&setup.metrics));
    let watched = Watched {
        inner: store,
        state: Arc::clone(&state),
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
    };
    let store: Arc<dyn BackingStore> = match settings.mode {
        BackingMode::Through { degrade: true } => {
            Arc::new(Mirrored { inner: Arc::new(watched), store: Arc::clone(&setup.store) })
        }
        BackingMode::Through { degrade: false } | BackingMode::Behind => Arc::new(watched),
    };
    let through = matches!(settings.mode, BackingMode::Through { .. }).then(|| {
        Through::new(through::Setup {
            backing: Arc::clone(&store),
            clock: Arc::clone(&clock),
            metrics: Arc::clone(&metrics),
            lifetime_max: setup.store.lifetime_max(),
            cache_bytes: setup.store.hot_tier_bytes(),
            seed: setup.incarnation,
            homes: setup.data_centres.as_ref().map(|data_centres| data_centres.homes()),
        })
    });
    Tier::new(store, settings, through, state, clock, metrics)
}

/// The members of `ring` as a later one remembers them.
fn formers(ring: &Ring) -> Vec<Former> {
    ring.as_earlier().members
}
