//! How things stand when a cluster is reconciled, in short: objects are made from a few words each.

use std::{collections::BTreeMap, time::Duration};

use cloakroom_crds::{SessionCluster, SessionClusterSpec};
use cloakroom_node_config::{NodePhase, NodeReport, RingReport, Silent, VolumeReport};
use cloakroom_operator::{
    build::{build, peer_secret},
    heard::{Heard, Silence, Standstill, Voice},
    labels,
    observed::{MonitoringKinds, Observed, Stranger},
    peer_key::PeerKey,
    restart::Rendering,
    settings::Settings,
    status::{RefusedGrowth, Shortfall},
    validate::validate,
};
use cloakroom_ring::{Earlier, Member, Ring, State};
use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret},
    },
    jiff::Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{engine::EngineInShort, keys::KeysInShort, now, peer::PeerInShort};

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
    /// The backing store that every node uses, as every node says.
    engine: Option<EngineInShort>,
    /// The other data centres, as every node says.
    data_centres: Vec<PeerInShort>,
    /// What is different about the keys of the location cookie, which are a day old otherwise.
    location_keys: KeysInShort,
    /// What an earlier operator made of it.
    earlier_rendering: Option<Rendering>,
    /// The published ring's epoch and its members, as `shop-0` or `shop-0 Draining`; `{}` for a damaged one.
    ring: Option<RingInShort>,
    /// For so many seconds nothing of a hand-over was seen to move.
    standstill: Option<u64>,
    /// The Secret of the nodes' key has something else in it.
    key_is_damaged: bool,
    strangers: Vec<StrangerInShort>,
    /// The API server knows ServiceMonitor and PrometheusRule.
    monitoring: bool,
    /// What the API server said to growing a claim.
    growth_refused: BTreeMap<String, String>,
    /// What it said to a ServiceMonitor.
    monitoring_refused: Option<String>,
    /// What it said to another key.
    rotation_refused: Option<String>,
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
    /// Pods have the uids of the ring's members, but for those that came later.
    uid: Option<String>,
    /// For so many seconds it has been silent, and for how many of them a majority was not. Who is ready answers, all else is
    /// silent for two seconds.
    silent: Option<u64>,
    silent_beside_majority: Option<u64>,
    /// For so many seconds it has answered.
    answers: Option<u64>,
    /// It was taken out of the ring and not let in since.
    excluded: bool,
    /// Not a word about a ring in its answers.
    alone: bool,
    /// The epoch that it acts on and is settled at; the published ring's if left out.
    at: Option<u64>,
    settled_at: Option<u64>,
    moving: u64,
    /// Members that it cannot reach.
    misses: Vec<String>,
    /// MiB that are used on its volume, and that are free.
    volume: Option<(u64, u64)>,
    /// What it says of the backing store, where that is not what every node says.
    engine: Option<EngineInShort>,
    /// What it says of other data centres, where that is not what every node says.
    data_centres: Option<Vec<PeerInShort>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimInShort {
    asks: String,
    has: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RingInShort {
    epoch: Option<u64>,
    #[serde(default)]
    members: Vec<String>,
    /// Epochs of earlier rings of the same members.
    #[serde(default)]
    unsettled: Vec<u64>,
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
            heard: self.heard(),
            standstill: self
                .standstill
                .map(|seconds| Standstill { since: ago(seconds), lasting: Duration::from_secs(seconds) }),
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
            let secret = peer_secret(&valid, &PeerKey::new([7; 32]));
            let secret = if self.key_is_damaged { Secret::default() } else { secret };
            observed.peer_key = Some(PeerKey::of(&secret));
            observed.location_keys = self.location_keys.held(&valid);
        }
        observed.ring = self.ring.as_ref().map(published);
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
            location_keys: self.rotation_refused.clone(),
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

    /// Of the pods that there are, of those that are described, and of the members of the ring.
    fn heard(&self) -> BTreeMap<String, Heard> {
        let none = PodInShort::default();
        let epoch = self.ring.as_ref().and_then(|ring| ring.epoch).unwrap_or(0);
        let gone = PodInShort { absent: true, ..PodInShort::default() };
        let pods = self.names();
        let members = self.ring.iter().flat_map(|ring| &ring.members).map(|member| name_of(member));
        let names = pods.iter().cloned().chain(self.pods.keys().cloned()).chain(members);
        names
            .map(|name| {
                let undescribed = if pods.contains(&name) { &none } else { &gone };
                let heard = heard(self.pods.get(&name).unwrap_or(undescribed), epoch, self);
                (name, heard)
            })
            .collect()
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
    let ready = short.is_ready();
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
            "uid": short.uid.clone().unwrap_or_else(|| format!("uid-{ordinal}")),
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

impl PodInShort {
    fn is_ready(&self) -> bool {
        self.ready.unwrap_or(!self.absent && self.unschedulable.is_none() && self.state.is_none())
    }
}

fn ago(seconds: u64) -> Timestamp {
    now() - Duration::from_secs(seconds)
}

/// What is known of a node by asking it; `epoch` is the published ring's, `all` has what every node says.
fn heard(short: &PodInShort, epoch: u64, all: &Situation) -> Heard {
    let is_silent = short.silent.is_some() || (short.answers.is_none() && !short.is_ready());
    let voice = if is_silent {
        let lasting = short.silent.unwrap_or(2);
        Voice::Silent(Silence {
            since: ago(lasting),
            lasting: Duration::from_secs(lasting),
            counted: Duration::from_secs(short.silent_beside_majority.unwrap_or(lasting)),
        })
    } else {
        Voice::Answers(Duration::from_secs(short.answers.unwrap_or(3_600)))
    };
    let silent = |name: &String| Silent { name: name.clone(), for_millis: 12_000 };
    let at = short.at.unwrap_or(epoch);
    let settled = short.settled_at.unwrap_or(at);
    let ring = RingReport {
        epoch: at,
        settled,
        moving: short.moving,
        incarnation: "5a".to_owned(),
        silent: short.misses.iter().map(silent).collect(),
    };
    let data_centres = short.data_centres.as_ref().unwrap_or(&all.data_centres);
    let report = NodeReport {
        version: "1.0.0".to_owned(),
        phase: if short.is_ready() { NodePhase::Ready } else { NodePhase::Joining },
        sessions: short.sessions,
        ring: (!short.alone).then_some(ring),
        volume: short
            .volume
            .map(|(used, free)| VolumeReport { used_bytes: used << 20, free_bytes: free << 20 }),
        backing: short.engine.as_ref().or(all.engine.as_ref()).map(EngineInShort::report),
        data_centres: data_centres.iter().map(PeerInShort::report).collect(),
    };
    Heard {
        voice,
        report: Some(report),
        settled: if short.alone { 0 } else { settled },
        excluded: short.excluded,
    }
}

/// Of `shop-0 Draining`.
fn name_of(member: &str) -> String {
    member.split(' ').next().unwrap().to_owned()
}

/// A ring as an earlier reconcile published it.
fn published(short: &RingInShort) -> ConfigMap {
    let state = |text: &String| if text.ends_with("Draining") { State::Draining } else { State::Active };
    let member = |text: &String| {
        let name = name_of(text);
        let ordinal: u8 = name.rsplit('-').next().unwrap().parse().unwrap();
        Member {
            pod_uid: format!("uid-{ordinal}"),
            address: ([10, 0, 0, ordinal + 1], 42_425).into(),
            clients: None,
            state: state(text),
            name,
        }
    };
    let text = match short.epoch {
        Some(epoch) => {
            let members = short.members.iter().map(member).collect();
            let mut ring = Ring {
                cluster: "uid-of-the-cluster".to_owned(),
                epoch,
                members,
                unsettled: Vec::new(),
                lossy: false,
            };
            let earlier = |epoch: &u64| Earlier { epoch: *epoch, ..ring.as_earlier() };
            ring.unsettled = short.unsettled.iter().map(earlier).collect();
            ring.to_json()
        }
        None => "{".to_owned(),
    };
    let object = json!({
        "metadata": { "name": "shop-ring", "resourceVersion": "41" },
        "data": { "ring.json": text },
    });
    serde_json::from_value(object).unwrap()
}
