//! What this node brings to every link.

use std::sync::Arc;

use parking_lot::Mutex;

use super::hello::{Introduction, Key};
use super::tls::Tls;
use super::unwanted::Unwanted;
use crate::metrics::Metrics;

#[derive(Debug)]
pub(super) struct Local {
    pub(super) name: Arc<str>,
    pub(super) inc: u64,
    pub(super) cluster: Mutex<Arc<str>>,
    pub(super) key: Key,
    pub(super) tls: Option<Tls>,
    pub(super) nonce: fn() -> [u8; 32],
    pub(super) metrics: Arc<Metrics>,
    pub(super) unwanted: Arc<Unwanted>,
}

impl Local {
    /// This node's introduction on one link.
    pub(super) fn introduction(&self) -> Introduction {
        Introduction {
            cluster: Arc::clone(&self.cluster.lock()),
            name: Arc::clone(&self.name),
            inc: self.inc,
            nonce: (self.nonce)(),
        }
    }
}
