//! Whole clusters in one thread, from one number.
//!
//! Real stores, real clusters and the real placement run on a clock, a network and disks that do what
//! a seed says, and everything that clients saw is judged afterwards. A run that fails is replayed by
//! its seed alone.

mod audit;
pub mod chance;
mod content;
pub mod east;
pub mod engine;
pub mod history;
pub mod ledger;
pub mod linear;
pub mod machine;
pub mod many;
pub mod mode;
pub mod network;
pub mod operator;
mod panics;
pub mod report;
pub mod rings;
pub mod settings;
pub mod time;
pub mod trace;
pub mod trouble;
pub mod visitor;
mod watch;
pub mod world;
