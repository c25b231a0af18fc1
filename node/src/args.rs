//! What was typed: the few settings that differ from node to node, as flags or environment variables.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use cloakroom_node_config::{Acknowledge, NodeConfig, NotASize, format_size, parse_size};

const ABOUT: &str =
    "Keeps ASP.NET sessions in memory and on disk, and speaks the ASP.NET state server protocol.";
const AFTER: &str = "\
A flag wins over its environment variable, that over the file, that over the default.
Try it: start the node without flags, then point an application at it in its web.config:
  <sessionState mode=\"StateServer\" stateConnectionString=\"tcpip=127.0.0.1:42424\" />
The admin port lists its pages at /, for example: curl http://127.0.0.1:9424/
Exit codes: 0 stopped cleanly, 64 bad configuration (nothing was opened yet), 1 anything else.";

/// The command line. What is absent here comes from the file or is a default.
#[derive(Debug, Default, Parser)]
#[command(name = "cloakroom-node", version, about = ABOUT, after_help = AFTER, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do instead of running a node.
    #[command(subcommand)]
    pub errand: Option<Errand>,
    /// YAML file with these and all other settings.
    #[arg(long, env = "CLOAKROOM_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, env = "CLOAKROOM_DATA_DIR", value_name = "DIR",
        help = with_default("Directory that keeps the sessions; made if absent", NodeConfig::default().data_dir.display()))]
    pub(crate) data_dir: Option<PathBuf>,
    #[arg(long, env = "CLOAKROOM_STATE_LISTEN", value_name = "ADDR", value_parser = parse_address,
        help = with_default("Address and port for ASP.NET applications", NodeConfig::default().state_listen))]
    pub(crate) state_listen: Option<SocketAddr>,
    #[arg(long, env = "CLOAKROOM_ADMIN_LISTEN", value_name = "ADDR", value_parser = parse_address,
        help = with_default("Address and port for probes and metrics", NodeConfig::default().admin_listen))]
    pub(crate) admin_listen: Option<SocketAddr>,
    #[arg(long, env = "CLOAKROOM_PEER_LISTEN", value_name = "ADDR", value_parser = parse_address,
        help = with_default("Address and port for the other nodes of a cluster", NodeConfig::default().peer_listen))]
    pub(crate) peer_listen: Option<SocketAddr>,
    /// The ring as JSON: makes this node part of a cluster.
    #[arg(long, env = "CLOAKROOM_RING_FILE", value_name = "FILE")]
    pub(crate) ring_file: Option<PathBuf>,
    /// This node's name in the ring [default: the host name].
    #[arg(long, env = "CLOAKROOM_NODE_NAME", value_name = "NAME")]
    pub(crate) node_name: Option<String>,
    /// Let other machines reach the state port, which has neither passwords nor encryption.
    #[arg(long, env = "CLOAKROOM_ALLOW_PLAINTEXT", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) allow_plaintext: Option<bool>,
    #[arg(long, env = "CLOAKROOM_ACKNOWLEDGE", value_name = "WHERE", value_enum,
        help = with_default("Answer a write once it is safe there", "disk"))]
    pub(crate) acknowledge: Option<Where>,
    #[arg(long, env = "CLOAKROOM_HOT_TIER", value_name = "SIZE", value_parser = parse_bytes,
        help = with_default("Memory for sessions served without the disk", format_size(NodeConfig::default().hot_tier)))]
    pub(crate) hot_tier: Option<u64>,
    /// Start on a damaged data directory, dropping and counting what cannot be read.
    #[arg(long, env = "CLOAKROOM_SALVAGE", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) salvage: Option<bool>,
    #[arg(long, env = "CLOAKROOM_LOG", value_name = "FILTER",
        help = with_default("What to log: a level, or levels by module (info,cloakroom_node::disk=debug)", NodeConfig::default().log.filter))]
    pub(crate) log: Option<String>,
}

/// What the program does for a node that runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Errand {
    /// Tell the node on this machine that it will be stopped; returns when nobody is routed to it any more.
    Drain {
        /// The node's admin port.
        #[arg(long, value_name = "ADDR", default_value_t = NodeConfig::default().admin_listen, value_parser = parse_address)]
        admin: SocketAddr,
    },
}

/// [`Acknowledge`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Where {
    /// Nothing that was answered is lost by a kill or a power cut.
    Disk,
    /// Faster; a kill can lose the last moments (`commitWindow`).
    Memory,
}

impl Args {
    /// `config` with what was typed put over it.
    #[must_use]
    pub fn over(&self, config: NodeConfig) -> NodeConfig {
        let acknowledge = self.acknowledge.map(|place| match place {
            Where::Disk => Acknowledge::Disk,
            Where::Memory => Acknowledge::Memory,
        });
        let mut log = config.log;
        log.filter = self.log.clone().unwrap_or(log.filter);
        NodeConfig {
            data_dir: self.data_dir.clone().unwrap_or(config.data_dir),
            state_listen: self.state_listen.unwrap_or(config.state_listen),
            admin_listen: self.admin_listen.unwrap_or(config.admin_listen),
            peer_listen: self.peer_listen.unwrap_or(config.peer_listen),
            ring_file: self.ring_file.clone().or(config.ring_file),
            node_name: self.node_name.clone().or(config.node_name),
            allow_plaintext: self.allow_plaintext.unwrap_or(config.allow_plaintext),
            acknowledge: acknowledge.unwrap_or(config.acknowledge),
            hot_tier: self.hot_tier.unwrap_or(config.hot_tier),
            salvage: self.salvage.unwrap_or(config.salvage),
            log,
            ..config
        }
    }
}

fn with_default(about: &str, default: impl std::fmt::Display) -> String {
    format!("{about} [default: {default}]")
}

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, for example 127.0.0.1:42424 or [::1]:42424")
}

fn parse_bytes(text: &str) -> Result<u64, NotASize> {
    parse_size(text)
}
