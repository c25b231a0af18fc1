//! The disk tier on volumes that forget, tear, fail and fill up.

mod damage;
mod failing_calls;
mod full_disk;
mod memory_volume;
mod model;
mod power_cut;
mod restart;
mod world;
