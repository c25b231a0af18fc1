//! Real backing stores for tests and benchmarks: started on free ports with a folder of their own, stopped and
//! removed when dropped.
//!
//! What tests do to them is here too: pause, kill, restart, fill up, and a [`Proxy`] that loses answers.
//! Everything but the proxy blocks its thread for as long as it takes.

mod certificates;
mod folders;
mod port;
mod postgres;
mod process;
mod programs;
mod proxy;
mod redis;
mod wait;

pub use certificates::Certificates;
pub use port::free_port;
pub use postgres::{Postgres, PostgresOptions};
pub use proxy::Proxy;
pub use redis::{Append, Flavour, Redis, RedisCluster, RedisOptions, Sentinels, TlsFiles};
