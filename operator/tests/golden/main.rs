//! One folder for each promise: a cluster, the situation it is in, and what must come of it.
//!
//! `cluster.yaml` is what a person applied, `situation.yaml` (if any) how things stand, `resources.yaml` what is
//! applied, in order, and `status.yaml` what is said about it. `minimal` and `every-field` show everything in full,
//! the others what differs from `all-serve`, and each condition in a line. `cargo xtask generate` rewrites the
//! expectations; their diff is the review.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod difference;
mod situation;

use std::{fs, marker::PhantomData, path::Path};

use cloakroom_crds::{SessionCluster, SessionClusterStatus};
use cloakroom_operator::{
    build::{Applied, Prepared, Resources, build, ring},
    observed::Observed,
    restart,
    settings::Settings,
    status::{Outcome, status},
    storage,
    validate::{ValidatedCluster, validate},
};
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::Condition, jiff::Timestamp};
use serde_json::{Value, json};

use difference::difference;
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
    let base = Case::read(&root.join("all-serve"));
    let base = written(&base, Some(&built(&base).1));
    let differing: Vec<String> = folders.iter().flat_map(|folder| check(folder, &base)).collect();
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
fn check(folder: &Path, base: &[Value]) -> Vec<String> {
    let mut case = Case::read(folder);
    let (outcome, resources) = reconcile(&case, base);
    // What was published is what is there.
    if !matches!(outcome, Outcome::Paused | Outcome::Failed { .. }) {
        case.observed.ring = ring(&case.cluster, &case.observed).or(case.observed.ring);
    }
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
    }
    serde_yaml::to_string(&status).unwrap()
}

fn reconcile(case: &Case, base: &[Value]) -> (Outcome, String) {
    let nothing = |why: &str| format!("# nothing is written: {why}\n");
    if let Some(failed) = &case.situation.failed {
        let outcome = Outcome::Failed { step: failed.step.word(), message: failed.message.clone() };
        return (outcome, nothing("the reconcile failed"));
    }
    if case.cluster.spec.paused {
        return (Outcome::Paused, nothing("paused"));
    }
    if let Err(refusals) = validate(&case.cluster, &case.observed, &settings()) {
        let text = if written(case, None).is_empty() {
            nothing("refused")
        } else {
            format!("# only the ring is written: refused\n{}", documents(case, None, base))
        };
        return (Outcome::Refused(refusals), text);
    }
    let (valid, resources) = built(case);
    let text = format!("{}{}", plan(case, &valid, &resources), documents(case, Some(&resources), base));
    let shortfall = case.situation.shortfall();
    let applied = case.situation.applied(&case.observed, resources);
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

/// All objects in apply order, without those that are as in `base`.
fn documents(case: &Case, resources: Option<&Resources<Prepared>>, base: &[Value]) -> String {
    let documents: Vec<String> = written(case, resources)
        .into_iter()
        .filter_map(|object| if case.is_full() { Some(object) } else { difference(base, &object) })
        .map(|document| format!("---\n{}", serde_yaml::to_string(&document).unwrap()))
        .collect();
    if documents.is_empty() { "# as in all-serve\n".to_owned() } else { documents.concat() }
}

/// The ring, and then the objects of a cluster that was not refused.
fn written(case: &Case, resources: Option<&Resources<Prepared>>) -> Vec<Value> {
    let ring = ring(&case.cluster, &case.observed).map(|ring| json!(ring));
    readable(ring.into_iter().chain(resources.into_iter().flat_map(objects)).collect())
}

/// The objects in apply order.
fn objects<S>(resources: &Resources<S>) -> Vec<Value> {
    let Resources {
        service_account,
        node_config,
        network_policy,
        client_service,
        peer_service,
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
        Some(json!(disruption_budget)),
        Some(json!(stateful_set)),
        service_monitor.as_ref().map(|object| json!(object)),
        prometheus_rule.as_ref().map(|object| json!(object)),
    ];
    readable(all.into_iter().flatten().collect())
}

/// Without the kept rendering, since it repeats the template and the nodes' configuration, and the ring's JSON
/// unfolded.
fn readable(mut all: Vec<Value>) -> Vec<Value> {
    for object in &mut all {
        if let Some(rendering) = object.pointer_mut("/metadata/annotations/cloakroom.dev~1rendering") {
            *rendering = json!("(template and node configuration)");
        }
        if let Some(ring) = object.pointer_mut("/data/ring.json").filter(|ring| ring.is_string()) {
            *ring = serde_json::from_str(ring.as_str().unwrap()).unwrap();
            let word = |field: &Value| field.as_str().map_or_else(|| field.to_string(), str::to_owned);
            for member in ring["members"].as_array_mut().unwrap() {
                let fields: Vec<String> = member
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(key, field)| format!("{key}={}", word(field)))
                    .collect();
                *member = json!(fields.join(" "));
            }
        }
    }
    all
}

/// Reconciling again what was just applied writes the same.
fn assert_settled(case: &Case, cluster: &ValidatedCluster, applied: &Resources<Applied>) {
    let again = Observed {
        stateful_set: Some(applied.stateful_set.clone()),
        node_config: Some(applied.node_config.clone()),
        ring: ring(&case.cluster, &case.observed),
        ..case.observed.clone()
    };
    let repeated = build(cluster, &again);
    let data = |ring: &Option<ConfigMap>| ring.as_ref().unwrap().data.clone();
    assert_eq!(
        data(&ring(&case.cluster, &again)),
        data(&again.ring),
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
            disruption_budget: prepared.disruption_budget,
            service_monitor: prepared.service_monitor,
            prometheus_rule: prepared.prometheus_rule,
        }
    }
}
