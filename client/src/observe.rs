//! What a client tells about its work, for the metrics of the program that uses it.

use std::net::SocketAddr;
use std::time::Duration;

use cloakroom_location::DataCentre;

use crate::{Error, Failure};

/// What was asked for; a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// A read without locking.
    Get,
    /// A read that locks.
    Lock,
    /// A write.
    Put,
    /// A lock given up.
    Release,
    /// A deletion.
    Remove,
    /// Keeping alive.
    Touch,
}

impl Verb {
    /// The word for it, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Lock => "lock",
            Self::Put => "put",
            Self::Release => "release",
            Self::Remove => "remove",
            Self::Touch => "touch",
        }
    }
}

/// Is told what happens. Every method does nothing unless it is written.
///
/// They are called in the middle of requests: count, and return. None is ever told a session's id or content.
pub trait Observe: Send + Sync + 'static {
    /// A verb came to its end after `took`, with an answer unless there is a `failure`.
    fn finished(&self, verb: Verb, took: Duration, failure: Option<&Failure>) {
        let _ = (verb, took, failure);
    }

    /// One try on one node came to its end, with an answer unless there is an `error`.
    fn tried(&self, verb: Verb, server: SocketAddr, error: Option<&Error>) {
        let _ = (verb, server, error);
    }

    /// A node asked to be asked again.
    fn held(&self, verb: Verb, server: SocketAddr) {
        let _ = (verb, server);
    }

    /// A try was left out because too many of the requests before needed several.
    fn budget_spent(&self, verb: Verb) {
        let _ = verb;
    }

    /// A node is passed over from now on because it failed, or is asked again because it answered.
    fn passed_over(&self, server: SocketAddr, over: bool) {
        let _ = (server, over);
    }

    /// A session was served by the cluster `to` because its home does not answer.
    fn swung(&self, from: DataCentre, to: DataCentre) {
        let _ = (from, to);
    }

    /// A [`LockGuard`](crate::LockGuard) was dropped without a word, and its lock given up for it.
    fn lock_dropped(&self) {}

    /// All connections to a node were in use for as long as anybody waits.
    fn pool_exhausted(&self, server: SocketAddr) {
        let _ = server;
    }

    /// How many connections to a node are `in_use` and kept `idle`, told every few seconds.
    fn connections(&self, server: SocketAddr, in_use: usize, idle: usize) {
        let _ = (server, in_use, idle);
    }
}

/// Nobody listens.
pub(crate) struct Unobserved;

impl Observe for Unobserved {}
