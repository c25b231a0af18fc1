//! A load that behaves as unmodified ASP.NET applications do, and knows afterwards what it must find.
//!
//! Pages arrive at a fixed rate whatever becomes of them (`arrivals`), each asks what ASP.NET would ask (`page`), over
//! pooled connections and without a second try (`pool`); or it asks through the client library (`line`), with location
//! cookies (`cookies`). Its web servers are in one place or in several (`tier`), of which one may serve for another. Every intent is written down before it is sent, every answer is
//! judged by what is known (`account`, `locks`), and in the end every session is read and compared (`verify`).
//!
//! ```no_run
//! # async fn example(address: &str) -> anyhow::Result<()> {
//! use cloakroom_e2e::load::{Load, Plan};
//!
//! let load = Load::start(address, Plan::default()).await?;
//! load.mark("rolling restart");
//! // ... restart them all ...
//! let report = load.finish().await;
//! println!("{report}");
//! report.check_unnoticed();
//! # Ok(())
//! # }
//! ```

mod account;
mod arrivals;
mod books;
mod clock;
mod cookies;
mod line;
mod locks;
mod page;
mod phase;
mod plan;
mod pool;
mod report;
mod tier;
mod trouble;
mod verify;
mod visit;
mod world;

use std::{
    panic::resume_unwind,
    rc::Rc,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use cloakroom_bench::distribution::Draws;
use cloakroom_client::Connection;
use cloakroom_location::KeyRing;
use futures_util::future::try_join_all;
use tokio::{runtime, sync::oneshot, task::LocalSet};

pub use cloakroom_bench::distribution::Lengths;
pub use phase::Phase;
pub use plan::{Plan, long};
pub use report::Report;
pub use tier::Tier;
pub use trouble::{Failure, Wrong};

use self::{
    books::Books,
    cookies::{Cookies, Keys},
    visit::Visits,
    world::World,
};
use crate::testbed::eventually;

/// Comparing the books with the sessions counts as a phase of its own.
const COMPARISON: &str = "comparison";

/// A load that goes on until it is finished.
pub struct Load {
    books: Arc<Mutex<Books>>,
    keys: Arc<Mutex<Keys>>,
    plan: Plan,
    stop: oneshot::Sender<()>,
    /// Gives the number of sessions that could not be read.
    ended: oneshot::Receiver<usize>,
    /// On the network of the thread that started it.
    generator: JoinHandle<()>,
}

impl Load {
    /// Stores the sessions of `plan` at `address` (`host:port`), as soon as somebody listens there, and begins the phase
    /// `steady`.
    ///
    /// # Errors
    /// A session cannot be stored.
    ///
    /// # Panics
    /// Nobody listens, or the generator has a bug.
    pub async fn start(address: &str, plan: Plan) -> anyhow::Result<Self> {
        Self::start_in(vec![Tier::Stock(address.to_owned())], None, plan).await
    }

    /// The same from web servers in several places, each of which has its share of the sessions. `keys` are for location
    /// cookies.
    ///
    /// # Errors
    /// A session cannot be stored, or a client of the library cannot begin.
    ///
    /// # Panics
    /// As [`Load::start`].
    pub async fn start_in(tiers: Vec<Tier>, keys: Option<KeyRing>, plan: Plan) -> anyhow::Result<Self> {
        for address in tiers.iter().map(Tier::address) {
            // The machine's proxy follows the endpoints a moment later.
            eventually(format_args!("{address} accepts connections"), async || {
                Connection::connect(address).await.map(drop).map_err(|error| error.to_string())
            })
            .await;
        }
        let books = Arc::new(Mutex::new(Books::new("store", tiers.len())));
        let locations = Arc::new(Mutex::new(Keys::default()));
        if let Some(keys) = keys {
            locations.lock().expect("it is new").are_now(keys, Duration::ZERO);
        }
        let visits = Visits::new(plan, Draws::new(plan.seed, plan.lengths, 1)?);
        let (filled, is_filled) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (noted, cookies) = (books.clone(), Cookies::new(locations.clone(), plan.seed));
        let generator = thread::Builder::new().name("load".to_owned()).spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a machine that runs tests has descriptors for a poller");
            let unread = LocalSet::new().block_on(&runtime, async {
                let open = tiers.iter().map(|tier| tier.open(plan.web_servers));
                let tiers = try_join_all(open).await.expect("a cluster that serves shows its servers");
                let world = Rc::new(World::new(tiers, plan.seed, cookies, noted));
                arrivals::run(world, visits, plan, filled, stopped).await
            });
            // Nobody waits for it if the test has failed meanwhile.
            let _ = end.send(unread);
        });
        let load = Self {
            books,
            keys: locations,
            plan,
            stop,
            ended,
            generator: generator.context("cannot start a thread")?,
        };
        let Ok(errors) = is_filled.await else { propagate(load.generator) };
        ensure!(errors == 0, "{errors} sessions could not be stored: {}", load.finish().await);
        Ok(load)
    }

    /// Everything from the first session stored to the last one compared, with `event` in the middle and `calm` on both
    /// sides of it, to compare with.
    ///
    /// # Panics
    /// A session cannot be stored at first, or as the parts of it say.
    pub async fn around(address: &str, plan: Plan, calm: Duration, event: impl AsyncFnOnce(&Self)) -> Report {
        let load = Self::start(address, plan).await.expect("a calm cluster stores every session");
        load.a_while(calm).await;
        event(&load).await;
        load.mark("calm again");
        load.a_while(calm).await;
        load.finish().await
    }

    /// From here on everything counts to the phase `name`.
    ///
    /// # Panics
    /// The generator has a bug.
    pub fn mark(&self, name: &str) {
        self.books.lock().expect("it panics only with a bug").begin(name);
    }

    /// The visitors of the web servers in one place are served by those in another from now on, or by their own again. Pages
    /// that are under way end where they are.
    ///
    /// # Panics
    /// The generator has a bug.
    pub fn serve(&self, tier: usize, by: usize) {
        self.books.lock().expect("it panics only with a bug").serve(tier, by);
    }

    /// Half of the web servers have read these keys for location cookies, the others not yet.
    ///
    /// # Panics
    /// The generator has a bug.
    pub fn begin_to_rotate(&self, keys: KeyRing) {
        self.keys.lock().expect("it panics only with a bug").are_read_by_half(keys);
    }

    /// All web servers have read these keys for location cookies, and their clocks are ahead.
    ///
    /// # Panics
    /// The generator has a bug.
    pub fn rotate(&self, keys: KeyRing, ahead: Duration) {
        self.keys.lock().expect("it panics only with a bug").are_now(keys, ahead);
    }

    /// Lets it go on until as many more pages have arrived as do in `time`.
    ///
    /// # Panics
    /// They do not arrive, or the generator has a bug.
    pub async fn a_while(&self, time: Duration) {
        let arrived = || self.books.lock().expect("it panics only with a bug").arrived();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rates and times are small"
        )]
        let wanted = arrived() + (self.plan.rate * time.as_secs_f64()) as u64;
        eventually(format_args!("the pages of {time:?} arrive"), async || {
            let missing = wanted.saturating_sub(arrived());
            if missing == 0 { Ok(()) } else { Err(format!("{missing} are missing")) }
        })
        .await;
    }

    /// Ends it: no more pages, those under way are given some seconds, then every session is read and compared.
    ///
    /// # Panics
    /// The generator has a bug.
    pub async fn finish(self) -> Report {
        let Self { books, keys, plan, stop, ended, generator } = self;
        // One that has panicked hears nothing.
        let _ = stop.send(());
        let Ok(unread) = ended.await else { propagate(generator) };
        let mut books = books.lock().expect("it panics only with a bug");
        let (sessions, returned) = (books.numbers().len(), books.returned());
        let (phases, notes, took) = books.close();
        let cookies = keys.lock().expect("it panics only with a bug").counts();
        Report { plan, sessions, took, phases, unread, returned, cookies, notes }
    }
}

/// The generator ended without a word.
fn propagate(generator: JoinHandle<()>) -> ! {
    match generator.join() {
        Err(panic) => resume_unwind(panic),
        Ok(()) => unreachable!("it says that it ends"),
    }
}
