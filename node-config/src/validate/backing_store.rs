//! Which backing stores a node can use, and why not the others.

use std::time::Duration;

use super::address::{is_address, is_host};
use super::rules::Rules;
use crate::{BackingMode, BackingStore, EngineTls, Postgres, Redis, RedisTopology, WhenUnreachable};

impl BackingStore {
    pub(super) fn judge(&self, rules: &mut Rules) {
        let prefix = &self.key_prefix;
        let printable =
            (1..=200).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_graphic());
        // Redis Cluster spreads keys by what stands in braces: a prefix with some would put all on one server.
        rules.require(printable && !prefix.contains(['{', '}']), "backingStore.keyPrefix", || {
            (
                format!("{prefix:?} cannot begin a key"),
                "write 1 to 200 printable ASCII characters without spaces and braces, for example shop/"
                    .to_owned(),
            )
        });
        let (moment, minute) = (Duration::from_millis(50), Duration::from_secs(60));
        rules.span("backingStore.window", self.window, moment..=minute);
        let degrades = self.when_unreachable == WhenUnreachable::Degrade;
        rules.require(
            !degrades || self.mode == BackingMode::WriteThrough,
            "backingStore.whenUnreachable",
            || {
                (
                    "degrade is for mode: writeThrough; with writeBehind the node serves without the engine anyway"
                        .to_owned(),
                    "write mode: writeThrough, or leave the key out".to_owned(),
                )
            },
        );
        // A client is answered within 10 s, whatever the engine does.
        rules.span("backingStore.timeout", self.timeout, moment..=Duration::from_secs(8));
        rules.within("backingStore.recoveriesPerSecond", self.recoveries_per_second, 1..=1_000_000);
        rules.within("backingStore.unflushedSessions", self.unflushed_sessions, 1_000..=1_000_000_000);
        rules.require(self.redis.is_some() != self.postgres.is_some(), "backingStore", || {
            let wrong = if self.redis.is_some() { "it names two engines" } else { "it names no engine" };
            (wrong.to_owned(), "write exactly one of redis and postgres".to_owned())
        });
        if let Some(redis) = &self.redis {
            redis.judge(rules);
        }
        if let Some(postgres) = &self.postgres {
            postgres.judge(rules);
        }
    }
}

impl Redis {
    fn judge(&self, rules: &mut Rules) {
        let key = "backingStore.redis.addresses";
        let example = "redis.example:6379";
        rules.require((1..=16).contains(&self.addresses.len()), key, || {
            (format!("{} addresses", self.addresses.len()), format!("write 1 to 16, for example [{example}]"))
        });
        for address in &self.addresses {
            rules.require(is_address(address), key, || {
                (
                    format!("{address:?} is not a host and a port"),
                    format!("write both, for example {example} or [fd00::7]:6379"),
                )
            });
        }
        let sentinel = self.topology == RedisTopology::Sentinel;
        let one = self.topology != RedisTopology::Standalone || self.addresses.len() <= 1;
        rules.require(one, "backingStore.redis.topology", || {
            (
                "several addresses are not one server".to_owned(),
                "write topology: cluster or sentinel, or a single address".to_owned(),
            )
        });
        let named = self.master_name.as_deref().is_some_and(is_word);
        rules.require(
            if sentinel { named } else { self.master_name.is_none() },
            "backingStore.redis.masterName",
            || {
                (
                    "sentinels need the name of the server, and nobody else does".to_owned(),
                    "write masterName with topology: sentinel, for example mymaster, and leave it out otherwise".to_owned(),
                )
            },
        );
        rules.require(
            self.database == 0 || self.topology != RedisTopology::Cluster,
            "backingStore.redis.database",
            || {
                (
                    format!("a cluster has no database {}", self.database),
                    "write 0, or leave the key out".to_owned(),
                )
            },
        );
        let only_sentinels = [
            ("backingStore.redis.sentinelUsernameFile", &self.sentinel_username_file),
            ("backingStore.redis.sentinelPasswordFile", &self.sentinel_password_file),
        ];
        for (key, path) in only_sentinels {
            rules.require(sentinel || path.is_none(), key, || {
                (
                    "there are no sentinels".to_owned(),
                    "write topology: sentinel, or leave the key out".to_owned(),
                )
            });
            rules.file(key, path.as_deref());
        }
        rules.file("backingStore.redis.usernameFile", self.username_file.as_deref());
        rules.file("backingStore.redis.passwordFile", self.password_file.as_deref());
        judge_tls(self.tls.as_ref(), "backingStore.redis.tls", rules);
    }
}

impl Postgres {
    fn judge(&self, rules: &mut Rules) {
        rules.require(is_host(&self.host), "backingStore.postgres.host", || {
            (
                format!("{:?} is neither a host name nor an IP address", self.host),
                "write one, for example postgres.example".to_owned(),
            )
        });
        rules.within("backingStore.postgres.port", self.port, 1..=u16::MAX);
        let database = &self.database;
        let name = (1..=63).contains(&database.len()) && !database.contains(char::is_control);
        rules.require(name, "backingStore.postgres.database", || {
            (
                format!("{database:?} cannot be a database"),
                "write its name, 1 to 63 bytes, for example cloakroom".to_owned(),
            )
        });
        rules.require(is_schema(&self.schema), "backingStore.postgres.schema", || {
            (
                format!("{:?} cannot be the schema", self.schema),
                "write 1 to 63 lower-case letters, digits and underscores, no digit first, for example cloakroom"
                    .to_owned(),
            )
        });
        rules.file("backingStore.postgres.usernameFile", Some(&self.username_file));
        rules.file("backingStore.postgres.passwordFile", self.password_file.as_deref());
        rules.within("backingStore.postgres.connections", self.connections, 1..=64);
        judge_tls(self.tls.as_ref(), "backingStore.postgres.tls", rules);
    }
}

fn judge_tls(tls: Option<&EngineTls>, key: &'static str, rules: &mut Rules) {
    let Some(tls) = tls else { return };
    rules.require(tls.cert_file.is_some() == tls.key_file.is_some(), key, || {
        (
            "a certificate is shown with its key".to_owned(),
            "write both certFile and keyFile, or neither".to_owned(),
        )
    });
    for path in [&tls.ca_file, &tls.cert_file, &tls.key_file] {
        rules.file(key, path.as_deref());
    }
    rules.require(tls.server_name.as_deref().is_none_or(is_host), key, || {
        (
            format!("{:?} is no serverName", tls.server_name.as_deref().unwrap_or_default()),
            "write the host name in the engine's certificate, or leave serverName out".to_owned(),
        )
    });
}

fn is_word(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_schema(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
