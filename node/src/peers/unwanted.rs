//! Answers that come when their asker has gone.

use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::message::{Answered, Respond};

/// Who is told of them: a lock that was granted to nobody must be given back.
#[derive(Default)]
pub(super) struct Unwanted(Mutex<Option<Weak<dyn Respond>>>);

impl Unwanted {
    /// From now on tells `respond`.
    pub(super) fn tell(&self, respond: &Arc<dyn Respond>) {
        *self.0.lock() = Some(Arc::downgrade(respond));
    }

    /// Passes one on. Without anybody to tell, this node is starting or stopping and granted nothing to a client.
    pub(super) fn answered(&self, answered: Answered) {
        let respond = self.0.lock().as_ref().and_then(Weak::upgrade);
        if let Some(respond) = respond {
            respond.undelivered(answered);
        }
    }
}

impl fmt::Debug for Unwanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unwanted").finish_non_exhaustive()
    }
}
