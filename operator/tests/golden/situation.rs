//! How things stand when a cluster is reconciled, in short: objects are made from a few words each.

use std::collections::BTreeMap;

use cloakroom_crds::{SessionCluster, SessionClusterSpec};
use cloakroom_node_config::{NodePhase, NodeReport};
use cloakroom_operator::{
    build::build,
    labels,
    observed::{MonitoringKinds, Observed, Stranger},
    restart::Rendering,
    settings::Settings,
    status::{RefusedGrowth, Shortfall},
    validate::validate,
};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Everything left out is as on the first reconcile of a new cluster.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Situation {
    /// So many pods run and serve, with a volume each.
    serving: usize,
    /// What is different about pods, by name; a name beyond `serving` is one more pod.
    pods: BTreeMap<String, PodInShort>,
    /// What is different about claims, by name: what they ask for and what they have.
    claims: BTreeMap<String, ClaimInShort>,
    /// The StatefulSet and its like were applied for this spec.
    applied_for: Option<SessionClusterSpec>,
    /// What an earlier operator made of it.
    earlier_rendering: Option<Rendering>,
    /// The published ring's epoch and the pods that are its members; `{}` for a damaged one.
    ring: Option<RingInShort>,
    strangers: Vec<StrangerInShort>,
    /// The API server knows ServiceMonitor and PrometheusRule.
    monitoring: bool,
    /// What the API server said to growing a claim.
    growth_refused: BTreeMap<String, String>,
    /// What it said to a ServiceMonitor.
    monitoring_refused: Option<String>,
    pub(crate) failed: Option<Failure>,
    /// The cluster could not be looked at.
    pub(crate) not_observed: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct PodInShort {
    ready: Option<bool>,
    /// Revision it was made from; the wanted one is `new`.
    revision: Option<String>,
    sessions: Option<u64>,
    deletion_timestamp: Option<String>,
    unschedulable: Option<String>,
    /// As in the pod's container status.
    state: Option<Value>,
    last_state: Option<Value>,
    absent: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimInShort {
    asks: String,
    has: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RingInShort {
    epoch: Option<i64>,
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct StrangerInShort {
    kind: String,
    name: String,
    owner: Option<String>,
    #[serde(default)]
    going: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Failure {
    pub(crate) step: FailedStep,
    pub(crate) message: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FailedStep {
    Observe,
    Apply,
}

impl FailedStep {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Apply => "apply",
        }
    }
}

impl Situation {
    pub(crate) fn observed(&self, cluster: &SessionCluster, settings: &Settings) -> Observed {
        let pods = self.pods();
        let mut observed = Observed {
            reports: self.reports(),
            claims: self.claims(cluster),
            strangers: self.strangers(),
            monitoring: MonitoringKinds {
                service_monitor: self.monitoring,
                prometheus_rule: self.monitoring,
            },
            pods,
            ..Observed::default()
        };
        if let Some(spec) = &self.applied_for {
            let mut earlier = cluster.clone();
            earlier.spec = spec.clone();
            let valid = validate(&earlier, &Observed::default(), settings).unwrap();
            let applied = build(&valid, &observed);
            let live = self.live(applied.stateful_set);
            let template = live.spec.as_ref().and_then(|spec| spec.template.metadata.clone());
            for pod in &mut observed.pods {
                pod.metadata.annotations = template.clone().and_then(|template| template.annotations);
            }
            observed.stateful_set = Some(live);
            observed.node_config = Some(applied.node_config);
        }
        observed.ring = self.ring.as_ref().map(|ring| published(ring, &observed.pods));
        observed
    }

    pub(crate) fn shortfall(&self) -> Shortfall {
        let refused = |(claim, message): (&String, &String)| RefusedGrowth {
            claim: claim.clone(),
            message: message.clone(),
        };
        Shortfall {
            volumes: self.growth_refused.iter().map(refused).collect(),
            monitoring: self.monitoring_refused.clone(),
        }
    }

    /// A StatefulSet that is applied over `live`: its generation rises with its spec.
    pub(crate) fn returned(&self, live: &StatefulSet, applied: &StatefulSet) -> StatefulSet {
        let mut returned = applied.clone();
        returned.status = live.status.clone();
        let same = live.spec == applied.spec;
        returned.metadata.generation =
            live.metadata.generation.map(|last| if same { last } else { last + 1 });
        returned
    }

    fn live(&self, mut set: StatefulSet) -> StatefulSet {
        set.metadata.generation = Some(1);
        let status = json!({ "replicas": self.serving, "observedGeneration": 1, "updateRevision": "new" });
        set.status = Some(serde_json::from_value(status).unwrap());
        if let Some(rendering) = &self.earlier_rendering {
            let json = serde_json::to_string(rendering).unwrap();
            set.metadata.annotations.as_mut().unwrap().insert(labels::RENDERING.to_owned(), json);
            set.spec.as_mut().unwrap().template = rendering.template.clone();
        }
        set
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = (0..self.serving).map(|ordinal| format!("shop-{ordinal}")).collect();
        names.extend(self.pods.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        names.retain(|name| self.pods.get(name).is_none_or(|pod| !pod.absent));
        names
    }

    fn pods(&self) -> Vec<Pod> {
        let none = PodInShort::default();
        self.names().iter().map(|name| pod(name, self.pods.get(name).unwrap_or(&none))).collect()
    }

    fn reports(&self) -> BTreeMap<String, NodeReport> {
        let report = |sessions| NodeReport {
            version: "1.0.0".to_owned(),
            phase: NodePhase::Ready,
            sessions: Some(sessions),
        };
        let answered = |(name, pod): (&String, &PodInShort)| Some((name.clone(), report(pod.sessions?)));
        self.pods.iter().filter_map(answered).collect()
    }

    fn claims(&self, cluster: &SessionCluster) -> Vec<PersistentVolumeClaim> {
        let size = cluster.spec.storage.size.0.clone();
        let mut sizes: BTreeMap<String, (String, Option<String>)> = (0..self.serving)
            .map(|ordinal| (format!("data-shop-{ordinal}"), (size.clone(), Some(size.clone()))))
            .collect();
        let named =
            self.claims.iter().map(|(name, claim)| (name.clone(), (claim.asks.clone(), claim.has.clone())));
        sizes.extend(named);
        let claim = |(name, (asks, has)): (String, (String, Option<String>))| {
            let capacity = has.map(|has| json!({ "storage": has }));
            let spec = json!({ "resources": { "requests": { "storage": asks } } });
            let claim =
                json!({ "metadata": { "name": name }, "spec": spec, "status": { "capacity": capacity } });
            serde_json::from_value(claim).unwrap()
        };
        sizes.into_iter().map(claim).collect()
    }

    fn strangers(&self) -> Vec<Stranger> {
        let stranger = |short: &StrangerInShort| Stranger {
            kind: short.kind.clone(),
            name: short.name.clone(),
            owner: short.owner.clone(),
            going: short.going,
        };
        self.strangers.iter().map(stranger).collect()
    }
}

fn pod(name: &str, short: &PodInShort) -> Pod {
    let ordinal: u32 = name.rsplit('-').next().unwrap().parse().unwrap();
    let placed = short.unschedulable.is_none();
    let ready = short.ready.unwrap_or(placed && short.state.is_none());
    let word = |yes: bool| if yes { "True" } else { "False" };
    let scheduled = json!({
        "type": "PodScheduled",
        "status": word(placed),
        "reason": short.unschedulable.as_ref().map(|_| "Unschedulable"),
        "message": short.unschedulable,
    });
    let container = json!({
        "name": "node", "ready": ready, "image": "registry.example/cloakroom-node:1.0.0", "imageID": "",
        "restartCount": 0,
        "state": short.state.clone().unwrap_or(json!({ "running": {} })),
        "lastState": short.last_state,
    });
    serde_json::from_value(json!({
        "metadata": {
            "name": name,
            "namespace": "web",
            "uid": format!("uid-{ordinal}"),
            "labels": { labels::REVISION: short.revision.as_deref().unwrap_or("new") },
            "deletionTimestamp": short.deletion_timestamp,
        },
        "spec": { "containers": [{ "name": "node", "ports": [{ "name": "state", "containerPort": 42424 }] }] },
        "status": {
            "podIP": placed.then(|| format!("10.0.0.{}", ordinal + 1)),
            "conditions": [scheduled, { "type": "Ready", "status": word(ready) }],
            "containerStatuses": if placed { vec![container] } else { Vec::new() },
        },
    }))
    .unwrap()
}

/// A ring as an earlier reconcile published it.
fn published(short: &RingInShort, pods: &[Pod]) -> ConfigMap {
    let address = |name: &str| {
        let pod = pods.iter().find(|pod| pod.metadata.name.as_deref() == Some(name));
        pod.and_then(|pod| pod.status.as_ref()?.pod_ip.clone()).unwrap_or_else(|| "10.0.0.99".to_owned())
    };
    let member = |name: &String| {
        json!({
            "name": name,
            "podUid": name.replace("shop", "uid"),
            "address": format!("{name}.shop-peers.web.svc:42425"),
            "podIP": address(name),
            "state": "Active",
            "ready": true,
        })
    };
    let ring = match short.epoch {
        Some(epoch) => {
            let members: Vec<Value> = short.members.iter().map(member).collect();
            json!({ "cluster": "uid-of-the-cluster", "epoch": epoch, "members": members }).to_string()
        }
        None => "{".to_owned(),
    };
    let object = json!({
        "metadata": { "name": "shop-ring", "resourceVersion": "41" },
        "data": { "ring.json": ring },
    });
    serde_json::from_value(object).unwrap()
}
