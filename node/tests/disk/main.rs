//! The disk tier on volumes that forget, tear, fail and fill up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cloakroom_node::disk::volume::memory as memory_volume;

mod admission;
mod damage;
mod early_formats;
mod failing_calls;
mod full_disk;
mod model;
mod moving;
mod power_cut;
mod restart;
mod unflushed;
mod world;
