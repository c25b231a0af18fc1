//! What restarts nodes and what does not.

use k8s_openapi::api::apps::v1::StatefulSet;

use super::*;
use crate::{build, fixtures, observed::Observed};

const BASE: &str = "{}";

fn live(spec: &str) -> StatefulSet {
    build::build(&fixtures::validated(spec), &Observed::default()).stateful_set
}

fn after(live: StatefulSet, spec: &str) -> StatefulSet {
    let observed = Observed { stateful_set: Some(live), ..Observed::default() };
    build::build(&fixtures::validated(spec), &observed).stateful_set
}

#[test]
fn the_fields_that_restart_nodes() {
    for (spec, expected) in [
        ("{image: 'other:2'}", &["spec.image"][..]),
        ("{acknowledge: Memory}", &["spec.acknowledge"]),
        ("{hotTier: {size: 128Mi}}", &["spec.hotTier.size"]),
        ("{state: {port: 5000}}", &["spec.state.port"]),
        ("{tls: {secretName: certificates}}", &["spec.tls"]),
        ("{podTemplate: {labels: {team: a}}}", &["spec.podTemplate.labels"]),
        ("{podTemplate: {annotations: {team: a}}}", &["spec.podTemplate.annotations"]),
        ("{podTemplate: {nodeSelector: {disk: ssd}}}", &["spec.podTemplate.nodeSelector"]),
        ("{podTemplate: {resources: {limits: {memory: 1Gi}}}}", &["spec.podTemplate.resources"]),
        (
            "{podTemplate: {tolerations: [{key: a, operator: Exists}], affinity: {}}}",
            &["spec.podTemplate.tolerations", "spec.podTemplate.affinity"],
        ),
        ("{podTemplate: {topologySpreadConstraints: []}}", &["spec.podTemplate.topologySpreadConstraints"]),
        ("{hotTier: {size: 262144Ki}}", &[]),
        (
            "{podTemplate: {resources: {requests: {cpu: '0.1', memory: 0.75Gi}, limits: {memory: 786432Ki}}}}",
            &[],
        ),
        ("{podTemplate: {imagePullSecrets: [{name: registry}]}}", &["spec.podTemplate.imagePullSecrets"]),
        ("{replicas: 5}", &[]),
        ("{storage: {size: 20Gi, retain: false}}", &[]),
        ("{state: {allowFrom: []}}", &[]),
        ("{monitoring: {enabled: false}}", &[]),
        ("{state: {tls: {secretName: a}}}", &["spec.state.tls"]),
        ("{locationKeys: {rotateEvery: 1h, rotation: 3}}", &[]),
        ("{backingStore: {mode: WriteBehind, redis: {addresses: ['a:1']}}}", &["spec.backingStore"]),
    ] {
        let new = after(live(BASE), spec);
        assert_eq!(why(&live(BASE), &new), expected, "{spec}");
        let same = new.spec.unwrap().template == live(BASE).spec.unwrap().template;
        assert_eq!(same, expected.is_empty(), "{spec}");
    }
}

#[test]
fn other_certificates_restart_nodes() {
    let (old, new) = ("{tls: {secretName: old}}", "{tls: {secretName: new}}");
    assert_eq!(why(&live(old), &after(live(old), new)), ["spec.tls"]);
    assert_eq!(why(&live(old), &after(live(old), old)), [""; 0]);
}

#[test]
fn another_backing_store_restarts_nodes_and_another_password_does_not() {
    let store = |mode: &str, address: &str, secret: &str| {
        let redis = format!("redis: {{addresses: ['{address}'], credentialsSecret: {{name: {secret}}}}}");
        format!("{{tls: {{secretName: certificates}}, backingStore: {{mode: {mode}, {redis}}}}}")
    };
    let old = store("WriteBehind", "a:1", "redis");
    for (new, expected) in [
        (old.clone(), &[][..]),
        (store("WriteThrough", "a:1", "redis"), &["spec.backingStore"]),
        (store("WriteBehind", "b:1", "redis"), &["spec.backingStore"]),
        (store("WriteBehind", "a:1", "other"), &["spec.backingStore"]),
        ("{tls: {secretName: certificates}}".to_owned(), &["spec.backingStore"]),
        (store("WriteBehind", "a:1", "redis").replace("certificates", "others"), &["spec.tls"]),
    ] {
        let applied = after(live(&old), &new);
        assert_eq!(why(&live(&old), &applied), expected, "{new}");
        // What is in a Secret is nowhere in what pods are made from, so a password that is changed changes nothing there.
        let same = applied.spec.unwrap().template == live(&old).spec.unwrap().template;
        assert_eq!(same, expected.is_empty(), "{new}");
    }
}

#[test]
fn another_place_among_data_centres_restarts_nodes_and_other_guests_do_not() {
    let through = "backingStore: {mode: WriteThrough, redis: {addresses: ['a:1']}}";
    let west = "{name: west, number: 1, gateway: {keySecret: {name: a}}}";
    let east = "{name: east, number: 2, address: 'east:42426'}";
    let spec = |data_centre: &str, peers: &str| {
        format!("{{{through}, dataCentre: {data_centre}, peers: [{peers}]}}")
    };
    let old = spec(west, east);
    let with = |more: &str| spec(&west.replace("number: 1", &format!("number: 1, {more}")), east);
    for (new, expected) in [
        (old.clone(), &[][..]),
        (with("group: web/shop"), &[]),
        (spec(&west.replace("{name: a}", "{name: a}, serviceType: NodePort, allowFrom: []"), east), &[]),
        (with("swingBackAfter: 10m"), &["spec.dataCentre"]),
        (spec(&west.replace("{name: a}", "{name: b}"), east), &["spec.dataCentre"]),
        (spec(&west.replace("{name: a}", "{name: a}, tlsSecret: {name: b}"), east), &["spec.dataCentre"]),
        (spec(west, &east.replace("east:", "elsewhere:")), &["spec.peers"]),
        (spec(west, ""), &["spec.peers"]),
        (format!("{{{through}}}"), &["spec.dataCentre", "spec.peers"]),
    ] {
        let applied = after(live(&old), &new);
        assert_eq!(why(&live(&old), &applied), expected, "{new}");
        let same = applied.spec.unwrap().template == live(&old).spec.unwrap().template;
        assert_eq!(same, expected.is_empty(), "{new}");
    }
    let (with, without) = (format!("{{{through}, dataCentre: {west}}}"), format!("{{{through}}}"));
    assert_eq!(why(&live(&without), &after(live(&without), &with)), ["spec.dataCentre"]);
}

#[test]
fn an_operator_that_renders_otherwise_restarts_nobody() {
    let mut older = live(BASE);
    let mut rendering = Rendering::of(&older).unwrap();
    rendering.template.spec.as_mut().unwrap().termination_grace_period_seconds = Some(7);
    rendering.node_config = "hotTier: 1MiB\n".to_owned();
    older.spec.as_mut().unwrap().template = rendering.template.clone();
    older.annotations_mut().insert(labels::RENDERING.to_owned(), rendering.to_json());
    assert_eq!(Rendering::of(&after(older.clone(), BASE)), Some(rendering.clone()));

    // What somebody changed by hand is put right to the kept rendering, not to the live one.
    let mut drifted = older.clone();
    drifted.spec.as_mut().unwrap().template.spec = None;
    assert_eq!(after(drifted, BASE).spec.unwrap().template, rendering.template);

    // The next restart takes everything that is new.
    let restarted = after(older.clone(), "{acknowledge: Memory}");
    assert_eq!(
        restarted.spec.unwrap().template.spec,
        live("{acknowledge: Memory}").spec.unwrap().template.spec
    );

    older.annotations_mut().insert(labels::RENDERING.to_owned(), "{".to_owned());
    assert_eq!(
        Rendering::of(&after(older, BASE)),
        Rendering::of(&live(BASE)),
        "an unreadable one is made anew"
    );
}

#[test]
fn a_new_default_image_restarts_nobody() {
    let mut newer = fixtures::validated(BASE);
    newer.image = "registry.example/node:2".to_owned();
    let observed = Observed { stateful_set: Some(live(BASE)), ..Observed::default() };
    assert_eq!(build::build(&newer, &observed).stateful_set, live(BASE));
}

/// A pod of revision `revision` that cannot come up if `broken`.
fn pod(name: &str, revision: &str, broken: bool) -> Pod {
    let reason = if broken { "CrashLoopBackOff" } else { "ContainerCreating" };
    serde_json::from_value(serde_json::json!({
        "metadata": { "name": name, "labels": { labels::REVISION: revision } },
        "status": { "containerStatuses": [{
            "name": "node", "ready": false, "image": "i", "imageID": "", "restartCount": 3,
            "state": { "waiting": { "reason": reason } },
        }] },
    }))
    .unwrap()
}

#[test]
fn only_broken_pods_of_an_earlier_revision_are_stuck() {
    let mut set = live(BASE);
    set.metadata.generation = Some(2);
    let status = serde_json::json!({ "replicas": 3, "observedGeneration": 2, "updateRevision": "new" });
    set.status = Some(serde_json::from_value(status).unwrap());
    let mut going = pod("shop-3", "old", true);
    going.metadata.deletion_timestamp = Some(k8s_openapi::jiff::Timestamp::UNIX_EPOCH.into());
    let pods = [
        pod("shop-0", "old", true),
        pod("shop-1", "old", false),
        pod("shop-2", "new", true),
        going,
        pod("stranger", "old", true),
    ];
    assert_eq!(stuck_pods(&set, &pods), ["shop-0"]);
    set.metadata.generation = Some(3);
    assert!(stuck_pods(&set, &pods).is_empty(), "the status does not speak of the new template yet");
}
