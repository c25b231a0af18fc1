//! The nodes of a cluster as their pods show them.

use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::{labels, names, ports};

/// A pod of the cluster that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Name of the pod.
    pub name: String,
    /// Its number in the StatefulSet.
    pub ordinal: u32,
    /// The pod's uid; another pod of the same name has another one.
    pub uid: String,
    /// Its address, once it has one.
    pub ip: Option<IpAddr>,
    /// Its state port, which may still be an earlier spec's.
    pub state_port: Option<u16>,
    /// Whether its readiness probe says that it serves.
    pub ready: bool,
    /// Whether it was asked to go.
    pub leaving: bool,
    /// Revision of the StatefulSet that it was made from.
    pub revision: Option<String>,
}

impl Node {
    /// Where it serves sessions: only while it is ready and not leaving, which is when Services route to it.
    #[must_use]
    pub fn endpoint(&self) -> Option<SocketAddr> {
        let address = SocketAddr::new(self.ip?, self.state_port?);
        (self.ready && !self.leaving).then_some(address)
    }
}

/// The nodes among `pods`, in the order of their numbers.
#[must_use]
pub fn nodes(cluster: &str, pods: &[Pod]) -> Vec<Node> {
    let mut nodes: Vec<Node> = pods.iter().filter_map(|pod| node(cluster, pod)).collect();
    nodes.sort_by_key(|node| node.ordinal);
    nodes
}

fn node(cluster: &str, pod: &Pod) -> Option<Node> {
    let name = pod.name_any();
    let ordinal = names::ordinal(cluster, &name)?;
    let status = pod.status.as_ref();
    // An evicted pod keeps its name until the StatefulSet has replaced it.
    let ended = status.and_then(|status| status.phase.as_deref());
    if matches!(ended, Some("Failed" | "Succeeded")) {
        return None;
    }
    Some(Node {
        ordinal,
        uid: pod.uid().unwrap_or_default(),
        ip: status.and_then(|status| status.pod_ip.as_ref()?.parse().ok()),
        state_port: state_port(pod),
        ready: condition(pod, "Ready") == Some("True"),
        leaving: pod.metadata.deletion_timestamp.is_some(),
        revision: pod.labels().get(labels::REVISION).cloned(),
        name,
    })
}

fn state_port(pod: &Pod) -> Option<u16> {
    let containers = &pod.spec.as_ref()?.containers;
    let node = containers.iter().find(|container| container.name == names::CONTAINER)?;
    let port = node.ports.as_ref()?.iter().find(|port| port.name.as_deref() == Some(ports::STATE))?;
    u16::try_from(port.container_port).ok()
}

fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a str> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_).map(|condition| condition.status.as_str())
}
