//! Redis and Valkey, alone, as a cluster, and watched by Sentinels.

mod admin;
mod cluster;
mod options;
mod sentinels;
mod server;

pub use cluster::RedisCluster;
pub use options::{Append, Flavour, RedisOptions, TlsFiles};
pub use sentinels::Sentinels;
pub use server::Redis;
