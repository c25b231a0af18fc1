//! A Redis Cluster: each server has a part of the slots.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::{options::RedisOptions, server::Redis};
use crate::{free_port, wait};

const SLOTS: usize = 16_384;
/// Short, so that tests need not wait long for a failover.
const NODE_TIMEOUT: &str = "cluster-node-timeout 1000";

/// Masters without replicas, that know each other.
#[derive(Debug)]
pub struct RedisCluster {
    servers: Vec<Redis>,
}

impl RedisCluster {
    /// Starts `size` masters with the same options, and waits until each of them serves.
    ///
    /// # Errors
    /// One of them ends, or they do not agree within a minute.
    pub fn start(options: &RedisOptions, size: usize) -> anyhow::Result<Self> {
        let servers = (0..size).map(|_| member(options)).collect::<anyhow::Result<Vec<_>>>()?;
        for (number, server) in servers.iter().enumerate() {
            let (first, end) = (first_slot(number, size), first_slot(number + 1, size));
            server.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(end - 1).to_string()])?;
            server.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()])?;
        }
        let cluster = Self { servers };
        for other in &cluster.servers[1..] {
            cluster.meet(other)?;
        }
        cluster.wait_well()?;
        Ok(cluster)
    }

    /// The servers, in the order of their slots.
    #[must_use]
    pub fn servers(&self) -> &[Redis] {
        &self.servers
    }

    /// The servers, to be killed.
    #[must_use]
    pub fn servers_mut(&mut self) -> &mut [Redis] {
        &mut self.servers
    }

    /// Where they listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(Redis::address).collect()
    }

    /// How many keys they have together.
    ///
    /// # Errors
    /// One does not answer.
    pub fn keys(&self) -> anyhow::Result<u64> {
        self.servers.iter().map(Redis::keys).sum()
    }

    /// Gives the slot of `key`, and what is in it, to a server that did not have it. Not with TLS or a password.
    ///
    /// # Errors
    /// One of them refuses.
    pub fn move_slot_of(&self, key: &str) -> anyhow::Result<()> {
        let slot: u64 = self.servers[0].ask(&["CLUSTER", "KEYSLOT", key])?;
        let serves = |server: &Redis| server.ask::<u64>(&["EXISTS", key]).is_ok();
        let from = self.servers.iter().position(serves).context("nobody serves the slot")?;
        let to = (from + 1) % self.servers.len();
        let id = |number: usize| self.servers[number].ask::<String>(&["CLUSTER", "MYID"]);
        let (from_id, to_id, slot) = (id(from)?, id(to)?, slot.to_string());
        let (from, target) = (&self.servers[from], &self.servers[to]);
        target.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id])?;
        from.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id])?;
        let keys: Vec<String> = from.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"])?;
        let (host, port) = (target.address().ip().to_string(), target.address().port().to_string());
        for key in keys {
            from.ask::<String>(&["MIGRATE", &host, &port, &key, "0", "5000"])?;
        }
        for server in [target, from] {
            server.ask::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id])?;
        }
        Ok(())
    }

    /// Waits until every server says that all slots are served.
    ///
    /// # Errors
    /// They do not within a minute.
    pub fn wait_well(&self) -> anyhow::Result<()> {
        for server in &self.servers {
            wait::until("the cluster", || {
                let info: String = server.ask(&["CLUSTER", "INFO"])?;
                let known = format!("cluster_known_nodes:{}", self.servers.len());
                let well = info.contains("cluster_state:ok") && info.contains(&known);
                Ok(if well { Ok(()) } else { Err(info) })
            })?;
        }
        Ok(())
    }

    fn meet(&self, other: &Redis) -> anyhow::Result<()> {
        let address = other.address();
        let bus = other.ask::<Vec<String>>(&["CONFIG", "GET", "cluster-port"])?;
        let bus = bus.last().context("the server tells no cluster port")?;
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        self.servers[0].ask(&["CLUSTER", "MEET", &host, &port, bus])
    }
}

fn first_slot(number: usize, of: usize) -> usize {
    number * SLOTS / of
}

fn member(options: &RedisOptions) -> anyhow::Result<Redis> {
    let bus = free_port(options.bind)?;
    let cluster = ["cluster-enabled yes", NODE_TIMEOUT, &format!("cluster-port {bus}")].map(str::to_owned);
    let settings = [options.settings.as_slice(), &cluster].concat();
    Redis::start(&RedisOptions { settings, ..options.clone() })
}
