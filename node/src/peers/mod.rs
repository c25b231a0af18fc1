//! The links between the nodes of a cluster.
//!
//! [`Peers`] asks, [`Respond`] answers; what they say is in `message`, and as bytes in `wire`.
//! [`TcpPeers`] and [`PeerListener`] carry it: one connection for each pair and direction, opened by
//! the asker when it first asks, with many questions under way at once.
//!
//! A question, file by file: `tcp` (which peer) → `peer` (its link, opened by `dial` if need be) →
//! `link`, `questions` (file it, wait) → `asking` (one write for all that came together) → the other
//! node's `answering` (answer, at once if that is possible) → back to `asking` and whoever waits.

mod answering;
mod asking;
mod dial;
mod hello;
mod limits;
mod link;
mod listener;
mod local;
mod message;
mod nobody;
mod peer;
mod pipe;
mod questions;
mod socket;
mod tcp;
mod tls;
mod unwanted;
mod wire;

#[cfg(test)]
mod tests;

pub use limits::{PARCEL_HEAD_BYTES, PUSH_BYTES};
pub use listener::PeerListener;
pub use message::{Answered, Ask, Caller, Forward, NoAnswer, Peers, Question, Reply, Respond};
pub use nobody::Nobody;
pub use tcp::{PeersConfig, TcpPeers};
pub use tls::TlsUnusable;
