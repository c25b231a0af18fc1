//! What a node knows about the backing store behind it: whether it answers, what waits for it, and how far it is
//! ahead of this node.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_node_config::{BackingMode as Mode, BackingReport, BackingStore as Config, WhenUnreachable};
use cloakroom_session::Command;
use parking_lot::Mutex;

use super::single_flight::SingleFlight;
use crate::backing::BackingStore;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::Backlog;
use crate::through::Through;

/// After this long without an answer the backing store is taken for gone.
const GONE_AFTER: Duration = Duration::from_secs(1);

/// The backing store of a cluster, and how it is used.
#[derive(Debug)]
pub struct Backing {
    /// The way to it.
    pub store: Arc<dyn BackingStore>,
    /// How it is used.
    pub settings: BackingSettings,
}

/// When the backing store learns of a change, and what it is spared.
#[derive(Clone, Copy, Debug)]
pub struct BackingSettings {
    /// When it learns of a change.
    pub mode: BackingMode,
    /// How long a change may wait in [`BackingMode::Behind`].
    pub window: Duration,
    /// Sessions that are fetched in a second because they are not here.
    pub recoveries_per_second: u32,
    /// Sessions that may wait for it before writers are slowed down.
    pub unflushed_max: u64,
}

/// When the backing store learns of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackingMode {
    /// Some time after the answer; a removal before it.
    Behind,
    /// Before the answer.
    Through {
        /// While it is gone, sessions are served as in [`BackingMode::Behind`].
        degrade: bool,
    },
}

impl From<&Config> for BackingSettings {
    fn from(config: &Config) -> Self {
        let mode = match config.mode {
            Mode::WriteBehind => BackingMode::Behind,
            Mode::WriteThrough => {
                BackingMode::Through { degrade: config.when_unreachable == WhenUnreachable::Degrade }
            }
        };
        Self {
            mode,
            window: config.window,
            recoveries_per_second: config.recoveries_per_second,
            unflushed_max: config.unflushed_sessions,
        }
    }
}

/// The third tier as a node sees it.
pub(super) struct Tier {
    pub(super) store: Arc<dyn BackingStore>,
    pub(super) settings: BackingSettings,
    /// The way of a request in [`BackingMode::Through`].
    pub(super) through: Option<Through>,
    pub(super) recoveries: SingleFlight,
    pub(super) state: Arc<State>,
    backlog: Mutex<Backlog>,
    budget: Mutex<Budget>,
    /// Sessions are served without the backing store that is written through to.
    degraded: AtomicBool,
    /// The highest epoch found in the backing store.
    met: AtomicU64,
    /// Whether it had sessions that live in some data centre, although this node knows of none.
    met_homes: AtomicBool,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tier")
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// How the last question went.
#[derive(Debug, Default)]
pub(super) struct State(Mutex<Option<Trouble>>);

#[derive(Clone, Debug)]
struct Trouble {
    since: Duration,
    problem: String,
}

impl State {
    /// A question was answered, or why not.
    pub(super) fn note(&self, problem: Option<String>, now: Duration, metrics: &Metrics) {
        let mut state = self.0.lock();
        metrics.backing.up.set(i64::from(problem.is_none()));
        match (problem, state.as_mut()) {
            (None, None) => {}
            (None, Some(_)) => {
                tracing::info!("the backing store answers again");
                *state = None;
            }
            (Some(problem), Some(trouble)) => trouble.problem = problem,
            (Some(problem), None) => {
                tracing::warn!(problem, "the backing store does not do what it is asked");
                *state = Some(Trouble { since: now, problem });
            }
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        self.0.lock().clone()
    }
}

/// Recoveries that may begin now, up to those of one second.
#[derive(Debug)]
struct Budget {
    left: f64,
    at: Duration,
}

impl Tier {
    pub(super) fn new(
        store: Arc<dyn BackingStore>,
        settings: BackingSettings,
        through: Option<Through>,
        state: Arc<State>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let budget = Budget { left: f64::from(settings.recoveries_per_second), at: clock.boottime() };
        Self {
            store,
            settings,
            through,
            recoveries: SingleFlight::default(),
            state,
            backlog: Mutex::default(),
            budget: Mutex::new(budget),
            degraded: AtomicBool::new(false),
            met: AtomicU64::new(0),
            met_homes: AtomicBool::new(false),
            clock,
            metrics,
        }
    }

    /// Whether requests go through to it now.
    pub(super) fn through(&self) -> Option<&Through> {
        self.through.as_ref().filter(|_| !self.degraded.load(Ordering::Acquire))
    }

    /// Whether a request must go the long way: through, or waiting for it.
    pub(super) fn wants_all(&self, command: Command) -> bool {
        let writes = !matches!(command, Command::Get | Command::Acquire | Command::Touch);
        self.through().is_some() || matches!(command, Command::Remove { .. }) || writes && self.is_behind()
    }

    /// Whether it has not answered for a while.
    pub(super) fn is_gone(&self) -> bool {
        let now = self.clock.boottime();
        self.state.trouble().is_some_and(|trouble| now.saturating_sub(trouble.since) >= GONE_AFTER)
    }

    /// Whether one more session may be fetched now.
    pub(super) fn may_recover(&self) -> bool {
        let rate = f64::from(self.settings.recoveries_per_second);
        let now = self.clock.boottime();
        let mut budget = self.budget.lock();
        let earned = now.saturating_sub(budget.at).as_secs_f64() * rate;
        *budget = Budget { left: (budget.left + earned).min(rate.max(1.0)), at: now };
        let may = budget.left >= 1.0;
        if may {
            budget.left -= 1.0;
        }
        may
    }

    /// The backing store has something of this epoch; whether that is news.
    pub(super) fn meet(&self, epoch: u64) -> bool {
        self.met.fetch_max(epoch, Ordering::AcqRel) < epoch
    }

    /// The backing store has sessions that live in some data centre; whether that is news.
    pub(super) fn meet_homes(&self) -> bool {
        !self.met_homes.swap(true, Ordering::AcqRel)
    }

    /// The highest epoch found there.
    pub(super) fn met(&self) -> u64 {
        self.met.load(Ordering::Acquire)
    }

    /// Whether so much waits that writers must, too.
    pub(super) fn is_behind(&self) -> bool {
        self.backlog.lock().sessions >= self.settings.unflushed_max
    }

    /// Takes note of what waits, and goes over to serving without the backing store, or back. Whether who waits for one
    /// or the other should look.
    pub(super) fn look(&self, backlog: Backlog) -> bool {
        let before = std::mem::replace(&mut *self.backlog.lock(), backlog);
        self.go_over(backlog) || before.sessions > 0 && backlog.sessions == 0
    }

    fn go_over(&self, backlog: Backlog) -> bool {
        let metrics = &self.metrics.backing;
        metrics.unflushed_sessions.set(i64::try_from(backlog.sessions).unwrap_or(i64::MAX));
        metrics.oldest_unflushed_seconds.set(backlog.oldest.as_secs_f64());
        let BackingMode::Through { degrade: true } = self.settings.mode else { return false };
        let degraded = self.degraded.load(Ordering::Acquire);
        if !degraded && self.is_gone() {
            tracing::error!(
                "serving without the backing store: a crash may lose what is answered from now on"
            );
        } else if degraded && self.state.trouble().is_none() && backlog.oldest <= 2 * self.settings.window {
            // What still waits is brought before it is written through.
            tracing::info!("the backing store has everything again; writing through to it");
        } else {
            return false;
        }
        self.degraded.store(!degraded, Ordering::Release);
        if let Some(through) = &self.through {
            through.forget_all();
        }
        metrics.degraded.set(i64::from(!degraded));
        true
    }

    /// Whether sessions are changed before the backing store knows of it.
    pub(super) fn serves_ahead(&self) -> bool {
        self.through().is_none()
    }

    /// For the operator and for people.
    pub(super) fn report(&self, epoch: u64, lost_updates: u64) -> BackingReport {
        let trouble = self.state.trouble();
        let backlog = *self.backlog.lock();
        let since = trouble.as_ref().map(|trouble| self.clock.boottime().saturating_sub(trouble.since));
        BackingReport {
            engine: self.store.engine().to_owned(),
            mode: match self.settings.mode {
                BackingMode::Behind => Mode::WriteBehind,
                BackingMode::Through { .. } => Mode::WriteThrough,
            },
            reachable: trouble.is_none(),
            degraded: self.degraded.load(Ordering::Acquire),
            since_seconds: since.unwrap_or_default().as_secs(),
            problem: trouble.map(|trouble| trouble.problem),
            unflushed: backlog.sessions,
            oldest_unflushed_seconds: backlog.oldest.as_secs(),
            lost_updates,
            epoch_seen: if self.met() > epoch { self.met() } else { 0 },
        }
    }
}
