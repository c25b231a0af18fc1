//! An observer that remembers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_client::{DataCentre, Error, Failure, Observe, Verb};
use parking_lot::Mutex;

/// What was told, in one word each.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// How often `word` was told.
    pub(crate) fn count(&self, word: &str) -> usize {
        self.0.lock().iter().filter(|told| *told == word).count()
    }

    fn tell(&self, word: &str) {
        self.0.lock().push(word.to_owned());
    }
}

impl Observe for Seen {
    fn finished(&self, verb: Verb, _: Duration, failure: Option<&Failure>) {
        self.tell(&format!("{} {}", verb.name(), if failure.is_some() { "failed" } else { "answered" }));
    }

    fn tried(&self, _: Verb, _: SocketAddr, error: Option<&Error>) {
        self.tell(if error.is_some() { "try failed" } else { "try answered" });
    }

    fn held(&self, _: Verb, _: SocketAddr) {
        self.tell("held");
    }

    fn budget_spent(&self, _: Verb) {
        self.tell("budget spent");
    }

    fn passed_over(&self, _: SocketAddr, over: bool) {
        self.tell(if over { "passed over" } else { "asked again" });
    }

    fn swung(&self, from: DataCentre, to: DataCentre) {
        self.tell(&format!("swung from {from} to {to}"));
    }

    fn lock_dropped(&self) {
        self.tell("lock dropped");
    }

    fn pool_exhausted(&self, _: SocketAddr) {
        self.tell("pool exhausted");
    }
}
