//! The contract of a backing store, against real engines.
//!
//! [`cases`] has what every engine must do; a case that needs a trouble which an engine cannot be given here is left
//! out for it, and printed. What is special to an engine is in its own file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod check;
mod engine;
mod eventually;
mod memory;
mod postgres;
mod redis;
mod sample;
