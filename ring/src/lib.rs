//! Who owns a session.
//!
//! A [`Ring`] names the nodes of a cluster; from it and the hash of a session's key every node, the
//! operator and a routing client compute the same owner, so nothing else about location is kept
//! anywhere. The crate also holds the decisions of a hand-off that must not differ between the
//! server, its simulation and the model checker: whom to ask for a session that moved
//! ([`Placement::sources`]), which of two copies wins ([`admit`]), how long a node may serve without
//! hearing from the others ([`Lease`]) and when the share of a lost node may be served by its
//! successors ([`TakeOver`]).
//!
//! All of it is a function of its inputs: no clock, no randomness, no network.

mod admission;
mod bad_ring;
mod check;
mod hash;
pub mod invariant;
mod json;
mod lease;
mod member;
mod moves;
mod next;
mod placement;
mod quorum;
mod rendezvous;
mod ring;
mod serving;
mod sources;
mod takeover;

#[cfg(test)]
mod tests;

pub use admission::{Incoming, Local, Verdict, admit};
pub use bad_ring::BadRing;
pub use check::{EPOCH_MAX, MEMBERS_MAX, NAME_BYTES_MAX, UNSETTLED_MAX};
pub use hash::key_hash;
pub use json::TEXT_BYTES_MAX;
pub use lease::Lease;
pub use member::{CLIENTS_PORT, Former, Member, State};
pub use moves::moves;
pub use placement::Placement;
pub use quorum::majority;
pub use ring::{Earlier, Ring};
pub use sources::Sources;
pub use takeover::TakeOver;
