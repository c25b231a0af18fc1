//! The verbs, each on one session, and what they share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::{DataCentre, Home};
use cloakroom_session::Timeout;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::cluster::Known;
use crate::{
    Builder, Failure, Item, LockGuard, Observe, Read, Server, Session, Settings, Verb, Visit, Written, clock,
};

/// Asks the nodes of one or several clusters. Copies share everything; one for a process is enough.
///
/// Its verbs are those of a [`Visit`] without a known home.
#[derive(Clone, Debug)]
pub struct Client {
    core: Arc<Core>,
}

/// What all copies of a client share.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    /// The local one first. At least one.
    pub(crate) clusters: Vec<Known>,
    pub(crate) budget: Mutex<Budget>,
    pub(crate) observe: Box<dyn Observe>,
    /// Where locks are given up that somebody dropped.
    pub(crate) runtime: Handle,
    /// What follows the clusters; ends with the client.
    pub(crate) followers: Mutex<JoinSet<()>>,
}

/// Where a session belongs in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The cluster's number, if it has one.
    pub data_centre: Option<DataCentre>,
    /// Of the ring that says so. `None` if no ring is known: then any node is asked, and passes the request on.
    pub epoch: Option<u64>,
    /// In the order in which they are asked: the session's owner first, if it is known.
    pub servers: Vec<Server>,
}

impl Client {
    /// A client that knows no cluster yet.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// One visitor's session during one request, with the `home` that the visitor's location cookie names.
    #[must_use]
    pub fn visit(&self, session: &Session, home: Option<Home>) -> Visit {
        Visit::new(Arc::clone(&self.core), session.clone(), home)
    }

    /// As [`Visit::get`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn get(&self, session: &Session) -> Result<Read<Item>, Failure> {
        self.visit(session, None).get().await
    }

    /// As [`Visit::lock`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn lock(&self, session: &Session) -> Result<Read<LockGuard>, Failure> {
        self.visit(session, None).lock().await
    }

    /// As [`Visit::lock_within`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn lock_within(&self, session: &Session, wait: Duration) -> Result<Read<LockGuard>, Failure> {
        self.visit(session, None).lock_within(wait).await
    }

    /// As [`Visit::put`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn put(&self, session: &Session, body: &[u8], timeout: Timeout) -> Result<Written, Failure> {
        self.visit(session, None).put(body, timeout).await
    }

    /// As [`Visit::touch`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn touch(&self, session: &Session) -> Result<Written, Failure> {
        self.visit(session, None).touch().await
    }

    /// As [`Visit::remove`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn remove(&self, session: &Session) -> Result<Written, Failure> {
        self.visit(session, None).remove().await
    }

    /// Where the session belongs in each cluster, the local one first, without asking anybody.
    #[must_use]
    pub fn locate(&self, session: &Session) -> Vec<Located> {
        let located = |cluster: &Known| {
            let route = cluster.route.load();
            let (epoch, order) = route.order(session);
            let servers = order.map(|index| route.server(index).clone()).collect();
            Located { data_centre: cluster.data_centre, epoch, servers }
        };
        self.core.clusters.iter().map(located).collect()
    }
}

impl Core {
    /// The cluster that a session of that home lives in, if it is one of these.
    pub(crate) fn position(&self, home: Home) -> Option<usize> {
        self.clusters.iter().position(|cluster| cluster.data_centre == Some(home.data_centre))
    }

    /// Until when a verb that begins now has time.
    pub(crate) fn deadline(&self, now: Duration) -> Duration {
        now.saturating_add(self.settings.total)
    }

    /// A verb begins, at the moment that is returned.
    pub(crate) fn begin(&self) -> Duration {
        self.budget.lock().request();
        clock::moment()
    }

    /// Whether a node may be given work once more for a request of which it perhaps did some already.
    pub(crate) fn may_retry(&self, verb: Verb) -> bool {
        let granted = self.budget.lock().retry(clock::moment());
        if !granted {
            self.observe.budget_spent(verb);
        }
        granted
    }

    /// Tells the observer how a verb ended that began at the moment `began`.
    pub(crate) fn finished<T>(&self, verb: Verb, began: Duration, result: &Result<T, Failure>) {
        let failure = result.as_ref().err();
        if let Some(failure) = failure {
            tracing::debug!(verb = verb.name(), %failure, "no answer in the end");
        }
        self.observe.finished(verb, clock::moment().saturating_sub(began), failure);
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("settings", &self.settings)
            .field("clusters", &self.clusters)
            .finish_non_exhaustive()
    }
}
