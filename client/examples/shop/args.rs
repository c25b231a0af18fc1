//! What the shop can be told.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Parser;
use cloakroom_client::{Client, Cluster, DataCentre, Discovery};

/// A small shop whose sessions are in Cloakroom.
#[derive(Parser)]
pub(crate) struct Args {
    /// Where the shop listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// A session node, or a Service before several; may be given again.
    #[arg(long, value_name = "HOST:PORT", env = "CLOAKROOM_SERVER", default_value = "127.0.0.1:42424")]
    server: Vec<String>,
    /// The cluster's ring, as the ConfigMap NAME-ring mounted: requests go straight to each session's node.
    #[arg(long, value_name = "FILE", conflicts_with = "dns")]
    ring_file: Option<PathBuf>,
    /// A name of the nodes, such as demo-peers.default.svc.cluster.local.
    #[arg(long, value_name = "NAME")]
    dns: Option<String>,
    /// A data centre by its number, and its nodes; the first one is this shop's own.
    #[arg(long, value_name = "NUMBER=HOST:PORT,...", conflicts_with_all = ["ring_file", "dns"], requires = "location_keys")]
    data_centre: Vec<String>,
    /// The keys of the cookie that remembers in which data centre a session lives: keys.json of the Secret NAME-location.
    #[arg(long, value_name = "FILE")]
    pub(crate) location_keys: Option<PathBuf>,
    /// Visitors come by HTTPS, through a proxy: cookies are marked so that browsers send them in no other way.
    #[arg(long)]
    pub(crate) https: bool,
}

impl Args {
    /// A client for what was told.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        let mut builder = Client::builder();
        for cluster in self.clusters()? {
            builder = builder.cluster(cluster);
        }
        Ok(builder.build().await?)
    }

    fn clusters(&self) -> anyhow::Result<Vec<Cluster>> {
        if !self.data_centre.is_empty() {
            return self.data_centre.iter().map(|text| data_centre(text)).collect();
        }
        let nodes = match (&self.ring_file, &self.dns) {
            (Some(file), _) => Discovery::ring_file(file),
            (None, Some(name)) => Discovery::dns(name)?,
            (None, None) => Discovery::fixed(&self.server)?,
        };
        Ok(vec![Cluster::new(nodes)])
    }
}

/// `1=west-0:42424,west-1:42424`.
fn data_centre(text: &str) -> anyhow::Result<Cluster> {
    let (number, servers) = text.split_once('=').with_context(|| {
        format!("--data-centre {text}: write its number and its nodes, such as 1=west:42424,west-2:42424")
    })?;
    let number = number.parse().ok().and_then(DataCentre::new);
    let number = number
        .with_context(|| format!("--data-centre {text}: write a number from 1 to {}", DataCentre::MAX))?;
    ensure!(!servers.is_empty(), "--data-centre {text}: write its nodes after the =");
    Ok(Cluster::new(Discovery::fixed(servers.split(','))?).data_centre(number))
}
