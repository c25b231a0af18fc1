//! Everything that tests the protocol from outside, as one binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod answers;
mod conversations;
mod encoding;
mod fuzz;
mod keys;
mod malformed;
mod requests;
mod server;
