//! The disk tier on volumes that forget, tear, fail and fill up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod failing_calls;
mod full_disk;
mod memory_volume;
mod model;
mod power_cut;
mod restart;
mod world;
