//! The session node: sockets, tiers, and what people see of them.
//!
//! The life of a request, file by file: `server/accept` (permits, limits) → `server/connection`
//! (bytes) → `server/exchange` (decode, execute, encode) → `store/execute` (find, **step**, file the
//! effect) → `store/load` if the body is on disk, `disk/queue` and `disk/committer` if the answer
//! must be durable → back through `exchange` to the socket. What keeps the store tidy meanwhile is
//! in `housekeeping` and `store/maintenance`; `run` is the only place where all parts meet.

pub mod admin;
pub mod args;
pub mod backing;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod data_centres;
pub mod disk;
pub mod drain;
pub mod entropy;
pub mod gateway;
pub mod guard;
pub mod housekeeping;
pub mod listing;
mod lone_ring;
pub mod membership;
pub mod metrics;
pub mod peers;
mod ring_watch;
pub mod run;
pub mod server;
mod shared_key;
pub mod store;
pub mod telemetry;
pub mod through;
pub mod tiers;
mod tls;
