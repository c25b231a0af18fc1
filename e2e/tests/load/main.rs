//! What happens to a cluster while people use it, and what they notice: each with real pods, under a load of unmodified
//! protocol clients through the Service.
//!
//! One after the other, because each wants the machine for itself: `cargo xtask test --only e2e` runs them after the
//! others. Each prints what its load came to. With `CLOAKROOM_LONG` set to anything, they take longer, and those that
//! do nothing without it run.

#![expect(clippy::print_stdout, reason = "what a load came to is for people to read")]

mod control_plane;
mod eviction;
mod killed;
mod memory;
mod partition;
mod repeated;
mod rolling;
mod scale;
mod stand_in;
mod under_load;
