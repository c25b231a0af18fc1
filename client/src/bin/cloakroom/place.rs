//! Where the nodes are, as it was typed.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;
use cloakroom_client::{Cluster, Discovery, Tls, TlsFiles};

const SERVER_VARIABLE: &str = "CLOAKROOM_SERVER";
const SERVER: &str = "127.0.0.1:42424";
const ADMIN: &str = "127.0.0.1:9424";

/// All options that say where the nodes are.
#[derive(Debug, Group)]
#[command(next_help_heading = "Where the nodes are")]
pub(crate) struct Place {
    /// Where a node serves sessions, once for each that may be asked [env: CLOAKROOM_SERVER, if nothing else is named] [default:
    /// 127.0.0.1:42424]
    #[arg(long, global = true, value_name = "HOST:PORT", value_delimiter = ',', conflicts_with_all = ["ring_file", "dns", "cluster", "port"])]
    server: Vec<String>,
    /// A file with the cluster's ring: sessions are asked for at their owners
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "dns")]
    ring_file: Option<PathBuf>,
    /// A DNS name of the nodes, such as shop-peers.shop.svc.cluster.local.
    #[arg(long, global = true, value_name = "NAME")]
    dns: Option<String>,
    /// A node's admin port, once for each node; needed for where, locks, top and break [default for locks and top: 127.0.0.1:9424]
    #[arg(long, global = true, value_name = "HOST:PORT", value_delimiter = ',')]
    admin: Vec<String>,
    /// The port at which nodes serve sessions, if it is not the one in the ring or in DNS, such as 42443 for TLS
    #[arg(long, global = true, conflicts_with = "cluster")]
    port: Option<u16>,
    /// The file with the key that the nodes of the cluster share; admin ports on other machines ask for it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) peer_key_file: Option<PathBuf>,
    /// The authority of the nodes' certificates: sessions are then asked for over TLS
    #[arg(long, global = true, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// A certificate to show to the nodes, with --tls-key
    #[arg(long, global = true, value_name = "FILE", requires_all = ["tls_key", "tls_ca"])]
    tls_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, global = true, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The name in the nodes' certificates, if it is not the one that they are reached by
    #[arg(long, global = true, value_name = "NAME", requires = "tls_ca")]
    tls_name: Option<String>,
    /// Seconds after which an answer is not waited for any more
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=3600))]
    deadline: u16,
    #[command(flatten)]
    pub(crate) kubernetes: Kubernetes,
}

/// Nodes that the operator runs.
#[derive(Debug, Group)]
#[command(next_help_heading = "Nodes in Kubernetes, reached through kubectl port-forward")]
pub(crate) struct Kubernetes {
    /// The name of the SessionCluster
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["ring_file", "dns", "admin", "peer_key_file", "tls_ca"])]
    pub(crate) cluster: Option<String>,
    /// Its namespace
    #[arg(short, long, global = true, requires = "cluster", conflicts_with = "server")]
    pub(crate) namespace: Option<String>,
    /// The context of kubectl's configuration to use
    #[arg(long, global = true, requires = "cluster", conflicts_with = "server")]
    pub(crate) context: Option<String>,
    /// kubectl's configuration file
    #[arg(long, global = true, value_name = "FILE", requires = "cluster", conflicts_with = "server")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

impl Place {
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_secs(u64::from(self.deadline))
    }

    /// Where sessions are asked for.
    pub(crate) fn sessions(&self) -> anyhow::Result<Cluster> {
        let discovery = match self.placing()? {
            Some(placing) if self.server.is_empty() => match self.port {
                Some(port) => placing.with_port(port),
                None => placing,
            },
            _ => Discovery::fixed(self.servers())?,
        };
        self.encrypted(Cluster::new(discovery))
    }

    /// Where it can be learned whose a session is, if anywhere.
    pub(crate) fn placing(&self) -> anyhow::Result<Option<Discovery>> {
        Ok(match (&self.ring_file, &self.dns) {
            (Some(file), _) => Some(Discovery::ring_file(file)),
            (None, Some(name)) => Some(Discovery::dns(name)?),
            (None, None) if self.admin.is_empty() => None,
            (None, None) => Some(Discovery::ring_watch(self.admin.iter().cloned())?),
        })
    }

    /// The admin ports that were named.
    pub(crate) fn admins(&self) -> &[String] {
        &self.admin
    }

    /// The same, or where a node of this machine has its own.
    pub(crate) fn admins_or_default(&self) -> Vec<String> {
        if self.admin.is_empty() { vec![ADMIN.to_owned()] } else { self.admin.clone() }
    }

    /// Those that were named, or the one that the environment names, or where a node of this machine listens.
    fn servers(&self) -> Vec<String> {
        if !self.server.is_empty() {
            return self.server.clone();
        }
        let named = env::var(SERVER_VARIABLE).ok().filter(|named| !named.is_empty());
        named.unwrap_or_else(|| SERVER.to_owned()).split(',').map(str::to_owned).collect()
    }

    fn encrypted(&self, cluster: Cluster) -> anyhow::Result<Cluster> {
        let Some(ca) = &self.tls_ca else { return Ok(cluster) };
        let cert_and_key = self.tls_cert.clone().zip(self.tls_key.clone());
        let files = TlsFiles { ca: Some(ca.clone()), cert_and_key, server_name: self.tls_name.clone() };
        Ok(cluster.tls(Tls::new(files)?))
    }
}
