//! What a person or the operator writes and a node reads: one type, its defaults and its rules; and what a
//! node reports back.
//!
//! The YAML has camelCase keys, every key may be left out, and unknown keys are refused. Sizes are
//! bytes or a number with a unit (`256MiB`), times a number with a unit (`100ms`, `30days`). Nothing
//! here touches files, sockets or the environment: reading and writing are functions of text, so
//! that a writer and a reader of the same release cannot disagree.
//!
//! [`NodeConfig::from_yaml`] understands, [`NodeConfig::validate`] judges. The defaults and the
//! reason for each are in `defaults.rs`, the accepted ranges in `validate.rs` and beside it.

mod acknowledge;
mod backing_store;
mod data_centre;
mod defaults;
mod journal;
mod limits;
mod log;
mod node;
mod peer;
mod problem;
mod report;
mod size;
mod span;
mod state_tls;
mod validate;
mod yaml;

#[cfg(test)]
mod tests;

pub use acknowledge::Acknowledge;
pub use backing_store::{
    BackingMode, BackingStore, EngineTls, Postgres, Redis, RedisTopology, WhenUnreachable,
};
pub use data_centre::{DataCentre, DataCentrePeer};
pub use journal::Journal;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use node::NodeConfig;
pub use peer::{HandOff, PeerTls};
pub use problem::Problem;
pub use report::{
    BackingReport, DataCentreReport, NodePhase, NodeReport, RING_SIGNATURE, RingReport, Silent, VolumeReport,
};
pub use size::{NotASize, format_size, parse_size};
pub use state_tls::StateTls;
pub use yaml::Unreadable;
