//! The links between nodes, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken;
mod hello;
mod large;
mod node;
mod proxy;
mod questions;
mod reach;
mod tls;
