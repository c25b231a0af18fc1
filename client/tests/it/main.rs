//! The client against a node that follows a script, over real sockets on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod admin;
mod break_lock;
mod connecting;
mod connection;
mod discovery;
mod failover;
mod failures;
mod kubectl;
mod lists;
mod pool;
mod script;
mod seen;
mod swing;
mod tool;
mod verbs;
mod whereabouts;
mod world;
