//! A master, a replica, and three Sentinels that put the replica in its place when it is gone.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::{admin::Way, options::RedisOptions, server::Redis};
use crate::{
    free_port,
    process::{Process, Words},
    wait,
};

/// What the Sentinels call the master.
const NAME: &str = "sessions";
/// A majority of three.
const QUORUM: usize = 2;
/// What a Sentinel's log says when it has read its file.
const READY: &str = "+monitor master";

/// Three Sentinels and the servers that they look after.
#[derive(Debug)]
pub struct Sentinels {
    sentinels: Vec<(Process, Way, tempfile::TempDir)>,
    servers: Vec<Redis>,
}

impl Sentinels {
    /// Starts all five with the same options, and waits until each Sentinel knows the others and the replica.
    ///
    /// # Errors
    /// One of them ends, or they do not find each other within a minute.
    pub fn start(options: &RedisOptions) -> anyhow::Result<Self> {
        let master = Redis::start(options)?;
        let address = master.address();
        let follow = format!("replicaof {} {}", address.ip(), address.port());
        // A replica need not wait for others before it is sent what the master has.
        let following = [follow, "repl-diskless-sync-delay 0".to_owned()];
        let settings = [options.settings.as_slice(), &following].concat();
        let replica = Redis::start(&RedisOptions { settings, ..options.clone() })?;
        let mut started = Self { sentinels: Vec::new(), servers: vec![master, replica] };
        for _ in 0..3 {
            started.sentinels.push(sentinel(options, address)?);
        }
        for (_, way, _) in &started.sentinels {
            wait::until("the Sentinels", || missing(way))?;
        }
        Ok(started)
    }

    /// What the master is called.
    #[must_use]
    pub fn master_name(&self) -> &'static str {
        NAME
    }

    /// Where the Sentinels listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sentinels.iter().map(|(_, way, _)| way.address).collect()
    }

    /// The server that began as the master.
    #[must_use]
    pub fn first(&self) -> &Redis {
        &self.servers[0]
    }

    /// The server that began as the replica.
    #[must_use]
    pub fn second(&self) -> &Redis {
        &self.servers[1]
    }

    /// Kills the server that began as the master, and waits until the other one is.
    ///
    /// # Errors
    /// The Sentinels do not put it there within a minute.
    pub fn fail_over(&mut self) -> anyhow::Result<()> {
        self.servers[0].kill();
        wait::until("the other server as the master", || {
            // Who is made master closes its connections in that moment.
            let role = self.servers[1].ask::<redis::Value>(&["ROLE"]).map(|role| format!("{role:?}"));
            Ok(match role {
                Ok(role) if role.contains("master") => Ok(()),
                Ok(role) => Err(role),
                Err(error) => Err(format!("{error:#}")),
            })
        })
    }
}

fn missing(sentinel: &Way) -> anyhow::Result<Result<(), String>> {
    let ask = |what: &str| sentinel.ask::<Vec<redis::Value>>(&["SENTINEL", what, NAME]);
    let (others, replicas) = (ask("SENTINELS")?.len(), ask("REPLICAS")?.len());
    let well = others == 2 && replicas == 1;
    Ok(if well { Ok(()) } else { Err(format!("{others} other Sentinels, {replicas} replicas are known")) })
}

fn sentinel(options: &RedisOptions, master: SocketAddr) -> anyhow::Result<(Process, Way, tempfile::TempDir)> {
    let folder = tempfile::tempdir().context("cannot make a folder for a Sentinel")?;
    let port = free_port(options.bind)?;
    let file = folder.path().join("sentinel.conf");
    let watch = watch(options, master);
    std::fs::write(&file, options.door(port, folder.path()) + &watch)?;
    let words = Words::new(&options.within, &options.flavour.program()?).arg(file).arg("--sentinel");
    let process = Process::start(words, folder.path(), READY)?;
    Ok((process, Way::new(SocketAddr::new(options.bind, port), options), folder))
}

fn watch(options: &RedisOptions, master: SocketAddr) -> String {
    let mut watch = format!(
        "sentinel monitor {NAME} {} {} {QUORUM}\n\
         sentinel down-after-milliseconds {NAME} 500\nsentinel failover-timeout {NAME} 5000\n",
        master.ip(),
        master.port(),
    );
    if let Some(password) = &options.password {
        watch += &format!("sentinel auth-pass {NAME} {password:?}\nsentinel sentinel-pass {password:?}\n");
    }
    watch
}
