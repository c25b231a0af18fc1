//! The client against a node that follows a script, over real sockets on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod connection;
mod failures;
mod script;
mod tool;
