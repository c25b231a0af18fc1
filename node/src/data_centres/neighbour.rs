//! Whether another data centre answers.

use std::time::Duration;

use cloakroom_location::{Breaker, DataCentre, Patience};
use cloakroom_node_config::DataCentreReport;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// Three failures in a row, and then one question each second.
const PATIENCE: Patience = Patience { failures: 3, rest: Duration::from_secs(1) };

/// Failures that follow each other more closely are one: many requests fail within a moment when a link breaks, and
/// nobody is asked at all until it is opened again. Less than the time between two probes.
const APART: Duration = Duration::from_millis(200);

/// Another data centre.
#[derive(Debug)]
pub(super) struct Neighbour {
    number: DataCentre,
    name: String,
    state: Mutex<State>,
    lost: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    /// Since when it has been open, or closed.
    since: Duration,
    /// When the last failure was that counted.
    failed: Option<Duration>,
    /// Whether anything is known of it: a question was answered, or enough were not.
    known: bool,
    problem: Option<String>,
}

impl Neighbour {
    pub(super) fn new(number: DataCentre, name: String, now: Duration) -> Self {
        let breaker = Breaker::new(PATIENCE, now);
        let state = State { breaker, since: now, failed: None, known: false, problem: None };
        Self { number, name, state: Mutex::new(state), lost: watch::Sender::new(false) }
    }

    pub(super) fn number(&self) -> DataCentre {
        self.number
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How long it has answered; `None` if it counts as lost.
    pub(super) fn answers_for(&self, now: Duration) -> Option<Duration> {
        self.state.lock().breaker.closed_for(now)
    }

    pub(super) fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Returns when it counts as lost.
    pub(super) async fn until_lost(&self) {
        // The sender is this value's own.
        drop(self.lost.subscribe().wait_for(|lost| *lost).await);
    }

    /// Whether it may be looked whether it answers.
    pub(super) fn may_probe(&self, now: Duration) -> bool {
        self.state.lock().breaker.may_ask(now)
    }

    /// A question was answered.
    pub(super) fn answered(&self, now: Duration, metrics: &Metrics) {
        let mut state = self.state.lock();
        state.problem = None;
        let first = !std::mem::replace(&mut state.known, true);
        if first {
            state.since = now;
            metrics.data_centres.note_up(&self.name, true);
        }
        if state.breaker.succeeded(now) {
            state.since = now;
            self.lost.send_replace(false);
            metrics.data_centres.note_up(&self.name, true);
            tracing::info!(data_centre = self.name, "the data centre answers again");
        }
    }

    /// A question that was asked at `asked` was not answered. Questions that were under way together when something
    /// happened, or failed right after it, tell of one failure, not of several.
    pub(super) fn failed(&self, asked: Duration, now: Duration, problem: String, metrics: &Metrics) {
        let mut state = self.state.lock();
        if state.failed.is_some_and(|failed| asked < failed || now < failed + APART) {
            return;
        }
        state.failed = Some(now);
        if state.breaker.failed(now) {
            (state.since, state.known) = (now, true);
            self.lost.send_replace(true);
            metrics.data_centres.note_up(&self.name, false);
            tracing::warn!(
                data_centre = self.name,
                problem,
                "the data centre does not answer; its sessions are taken over as they are asked for"
            );
        }
        state.problem = Some(problem);
    }

    /// `None` as long as nothing is known.
    pub(super) fn report(&self, now: Duration) -> Option<DataCentreReport> {
        let state = self.state.lock();
        state.known.then(|| DataCentreReport {
            name: self.name.clone(),
            reachable: !state.breaker.is_open(),
            since_seconds: now.saturating_sub(state.since).as_secs(),
            problem: state.problem.clone(),
        })
    }
}
