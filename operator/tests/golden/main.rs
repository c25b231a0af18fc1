//! One folder for each promise: a cluster, the situation it is in, and what must come of it.
//!
//! `cluster.yaml` is what a person applied, `situation.yaml` (if any) how things stand, `resources.yaml` what is
//! applied, in order, and `status.yaml` what is said about it. `minimal` and `every-field` show everything in full,
//! the others what differs from `all-serve`, with a backing store from `backing-store-reached`, as a data centre from
//! `data-centre-reaches-its-peers`, and each condition in a line. `cargo xtask generate` rewrites the expectations; their diff is
//! the review.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bases;
mod difference;
mod engine;
mod keys;
mod peer;
mod situation;

use std::{fs, marker::PhantomData, path::Path};

use cloakroom_crds::{RingMember, SessionCluster, SessionClusterStatus};
use cloakroom_operator::{
    build::{Applied, Prepared, Publication, Resources, build, peer_secret, ring},
    location_secret::LocationSecret,
    observed::Observed,
    peer_key::PeerKey,
    restart,
    settings::Settings,
    status::{Outcome, status},
    storage,
    validate::{ValidatedCluster, validate},
};
use cloakroom_ring::{Earlier, Former, Member, Ring};
use k8s_openapi::{ByteString, apimachinery::pkg::apis::meta::v1::Condition, jiff::Timestamp};
use serde_json::{Value, json};

use bases::{Base, Bases};
use difference::difference;
use keys::locate;
use situation::Situation;

/// These show every object in full.
const FULL: [&str; 2] = ["minimal", "every-field"];

fn now() -> Timestamp {
    "2026-02-03T12:00:00Z".parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        node_image: "registry.example/cloakroom-node:1.0.0".to_owned(),
        namespace: "cloakroom-system".to_owned(),
    }
}

#[test]
fn every_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let bases = Bases::read(&root);
    let differing: Vec<String> = folders.iter().flat_map(|folder| check(folder, &bases)).collect();
    assert!(folders.len() >= 19, "{} promises", folders.len());
    assert!(
        differing.is_empty(),
        "{}\nIf that is meant, `cargo xtask generate` rewrites the files.",
        differing.join("\n")
    );
}

/// A promise's input.
struct Case {
    name: String,
    cluster: SessionCluster,
    situation: Situation,
    observed: Observed,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut cluster: SessionCluster =
            serde_yaml::from_str(&fs::read_to_string(folder.join("cluster.yaml")).unwrap()).unwrap();
        cluster.metadata.namespace.get_or_insert_with(|| "web".to_owned());
        cluster.metadata.uid = Some("uid-of-the-cluster".to_owned());
        cluster.metadata.generation = Some(7);
        let situation = match fs::read_to_string(folder.join("situation.yaml")) {
            Ok(text) => serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")),
            Err(_) => Situation::default(),
        };
        let observed = situation.observed(&cluster, &settings());
        Self { name, cluster, situation, observed }
    }

    /// What is published is what is there from then on.
    fn publish(&mut self) -> Option<Publication> {
        let publication = ring(&self.cluster, &self.observed)?;
        self.observed.ring = Some(publication.object.clone());
        Some(publication)
    }

    fn is_full(&self) -> bool {
        FULL.contains(&self.name.as_str())
    }
}

fn built(case: &Case) -> (ValidatedCluster, Resources<Prepared>) {
    let valid = validate(&case.cluster, &case.observed, &settings())
        .unwrap_or_else(|refusals| panic!("{}: {refusals}", case.name));
    let resources = build(&valid, &case.observed);
    assert_eq!(objects(&resources), objects(&build(&valid, &case.observed)), "{}: built twice", case.name);
    (valid, resources)
}

/// What differs from the files, as lines for people.
fn check(folder: &Path, bases: &Bases) -> Vec<String> {
    let mut case = Case::read(folder);
    let base = bases.of(&case);
    let (outcome, resources) = reconcile(&mut case, base);
    let observed = (!case.situation.not_observed).then_some(&case.observed);
    let said = status(now(), &case.cluster, observed, &outcome);
    assert_stable(&case, observed, &outcome, &said);
    let files = [("resources.yaml", resources), ("status.yaml", status_text(&case, &said))];
    files.into_iter().filter_map(|(file, text)| compare(&folder.join(file), &text)).collect()
}

fn status_text(case: &Case, said: &SessionClusterStatus) -> String {
    let mut status = json!(said);
    if !case.is_full() {
        let line = |condition: &Condition| {
            let Condition { type_, status, reason, message, last_transition_time, .. } = condition;
            json!({ (type_): format!("{status} since {}, {reason}: {message}", last_transition_time.0) })
        };
        status["conditions"] = said.conditions.iter().map(line).collect();
        let nodes = said.endpoints.iter().map(|endpoint| json!({ (&endpoint.node): endpoint.address }));
        status["endpoints"] = nodes.collect();
        if let Some(keys) = &said.location_keys {
            status["locationKeys"] =
                json!(format!("{}: key {} from {} on", keys.secret_name, keys.newest, keys.seals_from.0));
        }
        if let Some(ring) = &said.ring {
            status["ring"]["members"] = ring.members.iter().map(member_in_short).collect();
        }
    }
    serde_yaml::to_string(&status).unwrap()
}

fn member_in_short(member: &RingMember) -> Value {
    let RingMember { name, state, epoch, settled, moving } = member;
    let epoch = epoch.map_or_else(|| "an unknown epoch".to_owned(), |epoch| epoch.to_string());
    let settled = if *settled { ", settled" } else { "" };
    let moving = moving.filter(|moving| *moving > 0).map(|moving| format!(", {moving} to hand over"));
    json!(format!("{name} {state:?} at {epoch}{settled}{}", moving.unwrap_or_default()))
}

fn reconcile(case: &mut Case, base: &Base) -> (Outcome, String) {
    let nothing = |why: &str| format!("# nothing is written: {why}\n");
    if let Some(failed) = &case.situation.failed {
        let outcome = Outcome::Failed { step: failed.step.word(), message: failed.message.clone() };
        return (outcome, nothing("the reconcile failed"));
    }
    if case.cluster.spec.paused {
        return (Outcome::Paused, nothing("paused"));
    }
    let publication = case.publish();
    let published = publication.as_ref();
    let news: String =
        published.iter().flat_map(|ring| ring.news()).map(|news| format!("# ring: {news}\n")).collect();
    if let Err(refusals) = validate(&case.cluster, &case.observed, &settings()) {
        let text = match published {
            None => nothing("refused"),
            Some(_) => {
                format!(
                    "# only the ring is written: refused\n{news}{}",
                    documents(case, published, None, base)
                )
            }
        };
        return (Outcome::Refused(refusals), text);
    }
    let (valid, resources) = built(case);
    let documents = documents(case, published, Some((&valid, &resources)), base);
    let text = format!("{news}{}{documents}", plan(case, &valid, &resources));
    let shortfall = case.situation.shortfall();
    let applied = case.situation.applied(&case.observed, resources);
    let written = locate(&valid, &case.observed).filter(|_| shortfall.location_keys.is_none());
    if let Some(written) = written {
        case.observed.location_keys = Some(LocationSecret::of(&written.secret));
        assert!(locate(&valid, &case.observed).is_none(), "{}: rotated again", case.name);
    }
    assert_settled(case, &valid, &applied);
    (Outcome::Applied(Box::new(applied), shortfall), text)
}

/// What is done beside applying, as comments.
fn plan(case: &Case, cluster: &ValidatedCluster, resources: &Resources<Prepared>) -> String {
    let mut lines = Vec::new();
    let plan = storage::plan(cluster, &case.observed);
    for growth in &plan.grow {
        lines.push(format!("# grow claim {} from {} to {}", growth.claim, growth.from.0, growth.to.0));
    }
    if plan.recreate_stateful_set {
        lines.push("# delete the StatefulSet, leaving its pods, before applying it".to_owned());
    }
    if let Some(live) = &case.observed.stateful_set {
        for field in restart::why(live, &resources.stateful_set) {
            lines.push(format!("# restart because of {field}"));
        }
        for pod in
            restart::stuck_pods(&case.situation.returned(live, &resources.stateful_set), &case.observed.pods)
        {
            lines.push(format!("# delete pod {pod}"));
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

type Built<'a> = (&'a ValidatedCluster, &'a Resources<Prepared>);

/// All objects in apply order, without what is as in `base`.
fn documents(case: &Case, ring: Option<&Publication>, built: Option<Built>, base: &Base) -> String {
    let documents: Vec<String> = written(case, ring, built)
        .into_iter()
        .filter_map(|object| if case.is_full() { Some(object) } else { difference(&base.objects, &object) })
        .map(|document| format!("---\n{}", serde_yaml::to_string(&document).unwrap()))
        .collect();
    if documents.is_empty() { format!("# as in {}\n", base.name) } else { documents.concat() }
}

/// The ring, and then the objects of a cluster that was not refused, with the keys that there are none of or that are due.
fn written(case: &Case, ring: Option<&Publication>, built: Option<Built>) -> Vec<Value> {
    let ring = ring.map(|ring| json!(ring.object));
    let cluster = built.map(|(cluster, _)| cluster);
    let secret = cluster.filter(|_| case.observed.peer_key.is_none());
    let secret = secret.map(|cluster| json!(peer_secret(cluster, &PeerKey::new([7; 32]))));
    let keys = cluster.and_then(|cluster| locate(cluster, &case.observed));
    let keys = keys.map(|keys| json!(keys.secret));
    let built = built.into_iter().flat_map(|(_, resources)| objects(resources));
    readable(ring.into_iter().chain(secret).chain(built).chain(keys).collect())
}

/// The objects in apply order.
fn objects<S>(resources: &Resources<S>) -> Vec<Value> {
    let Resources {
        service_account,
        node_config,
        network_policy,
        client_service,
        peer_service,
        gateway_service,
        disruption_budget,
        stateful_set,
        service_monitor,
        prometheus_rule,
        state: _,
    } = resources;
    let all = [
        Some(json!(service_account)),
        Some(json!(node_config)),
        Some(json!(network_policy)),
        Some(json!(client_service)),
        Some(json!(peer_service)),
        gateway_service.as_ref().map(|object| json!(object)),
        Some(json!(disruption_budget)),
        Some(json!(stateful_set)),
        service_monitor.as_ref().map(|object| json!(object)),
        prometheus_rule.as_ref().map(|object| json!(object)),
    ];
    readable(all.into_iter().flatten().collect())
}

/// Without the kept rendering, since it repeats the template and the nodes' configuration, and the ring's JSON
/// and that of the keys unfolded.
fn readable(mut all: Vec<Value>) -> Vec<Value> {
    for object in &mut all {
        if let Some(rendering) = object.pointer_mut("/metadata/annotations/cloakroom.dev~1rendering") {
            *rendering = json!("(template and node configuration)");
        }
        if let Some(ring) = object.pointer_mut("/data/ring.json").filter(|ring| ring.is_string()) {
            *ring = in_short(serde_json::from_str(ring.as_str().unwrap()).unwrap());
        }
        if let Some(keys) = object.pointer_mut("/data/keys.json") {
            let ByteString(text) = serde_json::from_value(keys.clone()).unwrap();
            *keys = serde_json::from_slice(&text).unwrap();
        }
    }
    all
}

/// A ring with a line for each member and each earlier ring.
fn in_short(ring: Ring) -> Value {
    let Ring { cluster, epoch, members, unsettled, lossy } = ring;
    let member = |member: &Member| {
        let Member { name, pod_uid, address, clients, state } = member;
        let clients = clients.map(|clients| format!(", clients at {clients}")).unwrap_or_default();
        format!("{name} {state:?} {address} {pod_uid}{clients}")
    };
    let former = |former: &Former| {
        let settled = if former.settled { " settled" } else { "" };
        format!("{} {:?}{settled}", former.name, former.state)
    };
    let earlier = |earlier: &Earlier| {
        let members: Vec<String> = earlier.members.iter().map(former).collect();
        format!("{}: {}", earlier.epoch, members.join(", "))
    };
    let mut short = json!({
        "cluster": cluster,
        "epoch": epoch,
        "members": members.iter().map(member).collect::<Vec<_>>(),
        "unsettled": unsettled.iter().map(earlier).collect::<Vec<_>>(),
    });
    if lossy {
        short["lossy"] = true.into();
    }
    short
}

/// Reconciling again what was just applied writes the same.
fn assert_settled(case: &Case, cluster: &ValidatedCluster, applied: &Resources<Applied>) {
    let again = Observed {
        stateful_set: Some(applied.stateful_set.clone()),
        node_config: Some(applied.node_config.clone()),
        ..case.observed.clone()
    };
    let repeated = build(cluster, &again);
    let published = ring(&case.cluster, &again).unwrap();
    assert_eq!(
        published.object.data,
        again.ring.as_ref().unwrap().data,
        "{}: the ring changes by itself",
        case.name
    );
    let unchanged = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().unwrap().remove("status");
        value["metadata"].as_object_mut().unwrap().remove("generation");
        value
    };
    let (first, second) = (objects(applied), objects(&repeated));
    let (first, second) = (first.iter().map(unchanged), second.iter().map(unchanged));
    assert!(first.eq(second), "{}: a second reconcile writes something else", case.name);
    assert!(!storage::plan(cluster, &again).recreate_stateful_set, "{}: recreated again", case.name);
}

/// Said a minute later, the status is the same.
fn assert_stable(case: &Case, observed: Option<&Observed>, outcome: &Outcome, said: &SessionClusterStatus) {
    let mut told = case.cluster.clone();
    told.status = Some(said.clone());
    let later = now() + k8s_openapi::jiff::SignedDuration::from_mins(1);
    assert_eq!(&status(later, &told, observed, outcome), said, "{}: the status changes by itself", case.name);
}

/// Compares with a file, or writes it; a difference is told by its first line.
fn compare(path: &Path, text: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, text).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return None;
    }
    let mut lines = expected.lines().chain([""]).zip(text.lines().chain([""])).enumerate();
    let first = lines.find(|(_, (was, is))| was != is);
    let (number, (was, is)) = first.unwrap_or((0, ("(another length)", "")));
    Some(format!("{} line {}:\n  - {was}\n  + {is}", path.display(), number + 1))
}

impl Situation {
    /// What the API server would give back.
    fn applied(&self, observed: &Observed, prepared: Resources<Prepared>) -> Resources<Applied> {
        let stateful_set = match &observed.stateful_set {
            Some(live) => self.returned(live, &prepared.stateful_set),
            None => {
                let mut new = prepared.stateful_set.clone();
                new.metadata.generation = Some(1);
                new
            }
        };
        Resources {
            stateful_set,
            state: PhantomData,
            service_account: prepared.service_account,
            node_config: prepared.node_config,
            network_policy: prepared.network_policy,
            client_service: prepared.client_service,
            peer_service: prepared.peer_service,
            gateway_service: prepared.gateway_service,
            disruption_budget: prepared.disruption_budget,
            service_monitor: prepared.service_monitor,
            prometheus_rule: prepared.prometheus_rule,
        }
    }
}
