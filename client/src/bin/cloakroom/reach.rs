//! The way to the nodes: as it was typed, or through kubectl, which is started for what is asked for and not before.

use anyhow::{anyhow, bail};
use cloakroom_client::{Client, Cluster, Discovery, Settings};

use crate::admin::{AdminPort, Asker};
use crate::kubectl::{Forward, Kubectl, Pod, Port};
use crate::place::Place;

/// How nodes are reached. What runs for that ends with it.
pub(crate) struct Reach {
    place: Place,
    kubectl: Option<Kubectl>,
    forwards: Vec<Forward>,
}

impl Reach {
    pub(crate) fn new(place: Place) -> Self {
        let kubectl = Kubectl::new(&place.kubernetes, place.deadline());
        Self { place, kubectl, forwards: Vec::new() }
    }

    /// A client for sessions.
    pub(crate) async fn client(&mut self) -> anyhow::Result<Client> {
        let cluster = match &self.kubectl {
            None => self.place.sessions()?,
            Some(kubectl) => {
                // Any node serves any session.
                let forward = kubectl.forward(&kubectl.any_pod().await?, Port::State).await?;
                let cluster = Cluster::new(Discovery::fixed([forward.address()])?);
                self.forwards.push(forward);
                cluster
            }
        };
        self.build(cluster).await
    }

    /// A client that knows whose a session is; it need not reach the nodes.
    pub(crate) async fn placing(&mut self) -> anyhow::Result<Client> {
        let discovery = match &self.kubectl {
            None => self.place.placing()?,
            Some(kubectl) => {
                let forward = kubectl.forward(&kubectl.any_pod().await?, Port::Admin).await?;
                let discovery = Discovery::ring_watch([forward.address()])?;
                self.forwards.push(forward);
                Some(discovery)
            }
        };
        let Some(discovery) = discovery else {
            bail!(
                "only a ring says whose a session is: name a node's admin port with --admin, a ring with --ring-file, or \
                 the cluster with --cluster"
            );
        };
        self.build(Cluster::new(discovery)).await
    }

    /// The admin ports of all nodes, or why there is no way to one.
    pub(crate) async fn admins(&mut self) -> anyhow::Result<Vec<(String, anyhow::Result<AdminPort>)>> {
        let Some(kubectl) = &self.kubectl else {
            let ports = self.place.admins_or_default().into_iter().map(admin_port);
            return Ok(ports.map(|port| (port.node.clone(), Ok(port))).collect());
        };
        let forwards = kubectl.forward_all(kubectl.pods().await?).await;
        let mut admins = Vec::with_capacity(forwards.len());
        for (pod, forward) in forwards {
            admins.push((
                pod.name,
                forward.as_ref().map(Forward::admin_port).map_err(|error| anyhow!("{error:#}")),
            ));
            self.forwards.extend(forward);
        }
        Ok(admins)
    }

    /// The admin port of one node, if there is a way to one.
    pub(crate) async fn any_admin(&mut self) -> anyhow::Result<Option<AdminPort>> {
        let Some(kubectl) = &self.kubectl else {
            return Ok(self.place.admins().first().cloned().map(admin_port));
        };
        let pod: Pod = kubectl.any_pod().await?;
        let forward = kubectl.forward(&pod, Port::Admin).await?;
        let admin = forward.admin_port();
        self.forwards.push(forward);
        Ok(Some(admin))
    }

    /// Asks them.
    pub(crate) fn asker(&self) -> anyhow::Result<Asker> {
        Asker::new(self.place.peer_key_file.as_deref(), self.place.deadline())
    }

    async fn build(&self, cluster: Cluster) -> anyhow::Result<Client> {
        let mut settings = Settings::default();
        settings.total = self.place.deadline();
        settings.answer = settings.answer.min(settings.total);
        Ok(Client::builder().cluster(cluster).settings(settings).build().await?)
    }
}

fn admin_port(address: String) -> AdminPort {
    AdminPort { node: address.clone(), address }
}
