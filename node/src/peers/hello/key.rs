//! The secret that all nodes of a cluster share, and how one proves to have it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Which end of the link: a proof made for one is none for the other, so it cannot be sent back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Asker = 1,
    Answerer = 2,
}

/// The cluster's key, or none.
#[derive(Clone)]
pub(in crate::peers) struct Key(Option<Arc<[u8]>>);

impl Key {
    pub(in crate::peers) fn new(key: Option<Arc<[u8]>>) -> Self {
        Self(key)
    }

    /// Whether a link with this address can be had at all: without a key, only on this machine.
    pub(in crate::peers) fn admits(&self, address: SocketAddr) -> bool {
        self.0.is_some() || address.ip().to_canonical().is_loopback()
    }

    /// What only those can say who have the key: HMAC-SHA256 over the role and both introductions.
    pub(super) fn prove(&self, role: Role, asker: &[u8], answerer: &[u8]) -> [u8; 32] {
        self.code(role, asker, answerer).finalize().into_bytes().into()
    }

    /// Whether `proof` is that; takes the same time for every wrong one.
    pub(super) fn proves(&self, role: Role, asker: &[u8], answerer: &[u8], proof: &[u8; 32]) -> bool {
        self.code(role, asker, answerer).verify_slice(proof).is_ok()
    }

    fn code(&self, role: Role, asker: &[u8], answerer: &[u8]) -> Hmac<Sha256> {
        let key = self.0.as_deref().unwrap_or_default();
        let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
        code.update(&[role as u8]);
        // Each introduction begins with its own length, so no other two add up to the same bytes.
        code.update(asker);
        code.update(answerer);
        code
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Key(..)" } else { "Key(none)" })
    }
}
