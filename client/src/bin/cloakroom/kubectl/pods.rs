//! The pods of a cluster, from what kubectl prints.

use serde::Deserialize;

/// A pod that serves, and the ports of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) name: String,
    state: u16,
    admin: u16,
}

/// A port of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    State,
    Admin,
}

impl Pod {
    pub(super) fn port(&self, port: Port) -> u16 {
        match port {
            Port::State => self.state,
            Port::Admin => self.admin,
        }
    }
}

/// What selects the pods of a cluster, as the operator labels them.
pub(super) fn selector(cluster: &str) -> String {
    format!(
        "app.kubernetes.io/name=cloakroom,app.kubernetes.io/instance={cluster},app.kubernetes.io/component=node"
    )
}

/// Those that are ready, by name, and how many there are in all.
pub(super) fn ready(json: &[u8]) -> serde_json::Result<(Vec<Pod>, usize)> {
    let List { items } = serde_json::from_slice(json)?;
    let all = items.len();
    let mut ready: Vec<_> = items.into_iter().filter(Item::is_ready).filter_map(Item::into_pod).collect();
    ready.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((ready, all))
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct Spec {
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    ports: Vec<ContainerPort>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerPort {
    #[serde(default)]
    name: String,
    container_port: u16,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

impl Item {
    fn is_ready(&self) -> bool {
        self.status
            .conditions
            .iter()
            .any(|condition| condition.r#type == "Ready" && condition.status == "True")
    }

    fn into_pod(self) -> Option<Pod> {
        let port = |name: &str| {
            let ports = self.spec.containers.iter().flat_map(|container| &container.ports);
            ports.into_iter().find(|port| port.name == name).map(|port| port.container_port)
        };
        let (state, admin) = (port("state")?, port("admin")?);
        Some(Pod { name: self.metadata.name, state, admin })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Pod, ready};

    fn pod(name: &str, ready: &str) -> Value {
        json!({
            "metadata": {"name": name, "labels": {}},
            "spec": {"containers": [
                {"name": "sidecar"},
                {"name": "node", "ports": [
                    {"name": "state", "containerPort": 5000, "protocol": "TCP"},
                    {"name": "admin", "containerPort": 9424},
                ]},
            ]},
            "status": {"conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": ready}]},
        })
    }

    #[test]
    fn only_pods_that_are_ready_are_asked() {
        let mut starting = pod("shop-2", "True");
        starting["status"] = json!({"phase": "Pending"});
        let list = json!({"items": [pod("shop-1", "True"), pod("shop-0", "True"), pod("shop-3", "False"), starting]});
        let found = |name: &str| Pod { name: name.to_owned(), state: 5000, admin: 9424 };
        assert_eq!(ready(list.to_string().as_bytes()).unwrap(), (vec![found("shop-0"), found("shop-1")], 4));
        assert_eq!(ready(br#"{"items": []}"#).unwrap(), (vec![], 0));
        assert!(ready(b"error").is_err());
    }
}
