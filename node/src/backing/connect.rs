//! From a configuration to its engine.

use std::sync::Arc;

use cloakroom_node_config as config;

use super::BackingStore;
use super::measured::Measured;
use super::postgres::Postgres;
use super::redis::Redis;
use crate::metrics::Metrics;

/// Why a backing store cannot even be looked for.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// An address is not one.
    #[error(
        "{0:?} in backingStore.redis.addresses is not a host and a port; write both, for example redis.example:6379"
    )]
    Address(String),
    /// A name for certificates that several servers would have to bear.
    #[error(
        "backingStore.redis.tls.serverName goes with topology: standalone only; leave it out, and write addresses that the certificates bear"
    )]
    ServerName,
    /// None is named.
    #[error("backingStore names no engine; write redis or postgres")]
    NoEngine,
}

/// The engine that `config` names, counted in `metrics`. It may be away: connections are made behind the caller's
/// back. Needs a tokio runtime round it.
///
/// # Errors
/// The configuration makes no sense.
pub fn connect(
    config: &config::BackingStore,
    metrics: &Arc<Metrics>,
) -> Result<Arc<dyn BackingStore>, ConnectError> {
    if let Some(redis) = &config.redis {
        let redis = Redis::new(&config.key_prefix, config.timeout, redis)?;
        return Ok(Arc::new(Measured::new(redis, metrics)));
    }
    if let Some(postgres) = &config.postgres {
        let postgres = Postgres::new(&config.key_prefix, config.timeout, postgres);
        return Ok(Arc::new(Measured::new(postgres, metrics)));
    }
    Err(ConnectError::NoEngine)
}

#[cfg(test)]
mod tests {
    //! Configurations in, refusals out.

    use std::sync::Arc;

    use cloakroom_node_config::{BackingMode, BackingStore, EngineTls, Redis, RedisTopology};

    use super::connect;
    use crate::metrics::Metrics;

    fn redis(address: &str, topology: RedisTopology, server_name: Option<&str>) -> Option<Redis> {
        let server_name = server_name.map(str::to_owned);
        Some(Redis {
            topology,
            addresses: vec![address.to_owned()],
            master_name: Some("sessions".to_owned()),
            database: 0,
            username_file: None,
            password_file: None,
            sentinel_username_file: None,
            sentinel_password_file: None,
            tls: Some(EngineTls { server_name, ..EngineTls::default() }),
        })
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_told_at_once() {
        let at = "redis.example:6379";
        for (redis, told) in [
            (None, "write redis or postgres"),
            (redis("redis.example", RedisTopology::Standalone, None), "\"redis.example\" in"),
            (redis(at, RedisTopology::Cluster, Some("name")), "leave it out"),
            (redis(at, RedisTopology::Sentinel, Some("name")), "leave it out"),
        ] {
            let config = BackingStore { redis, ..BackingStore::new(BackingMode::WriteBehind) };
            let message = connect(&config, &Arc::new(Metrics::new("test", 0))).unwrap_err().to_string();
            assert!(message.contains(told), "{message}");
        }
        let named = redis(at, RedisTopology::Standalone, Some("name"));
        let config = BackingStore { redis: named, ..BackingStore::new(BackingMode::WriteBehind) };
        connect(&config, &Arc::new(Metrics::new("test", 0))).unwrap();
    }
}
