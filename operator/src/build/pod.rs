//! The pod template: one node, as little as it needs, and what people put over it.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    api::core::v1::{
        Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, ExecAction, HTTPGetAction, Lifecycle,
        LifecycleHandler, ObjectFieldSelector, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
        SeccompProfile, SecurityContext, TopologySpreadConstraint,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};

use super::{mounts, node_config};
use crate::{labels, names, ports, validate::ValidatedCluster};

/// How long open requests may take to finish. With the hand-over that precedes it, for which a node takes 90 s at most,
/// below [`GRACE_SECONDS`].
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

const PROGRAM: &str = "/cloakroom-node";
const GRACE_SECONDS: i64 = 120;
/// Replaying a long journal from a slow volume.
const START_SECONDS: i32 = 600;
/// The user that the image is made for; no such user needs to exist.
const USER: i64 = 65_532;

/// The template, with `spec_hash` as annotation: pods restart exactly when the template changes, and the nodes
/// read their configuration only when they start.
pub(crate) fn template(cluster: &ValidatedCluster, spec_hash: &str) -> PodTemplateSpec {
    let over = &cluster.spec.pod_template;
    let mut pod_labels = over.labels.clone();
    pod_labels.extend(labels::recommended(&cluster.name));
    let mut annotations = over.annotations.clone();
    annotations.insert(labels::SPEC_HASH.to_owned(), spec_hash.to_owned());
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(pod_labels),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            affinity: over.affinity.clone(),
            automount_service_account_token: Some(false),
            containers: vec![container(cluster, &node_config::file(spec_hash))],
            // Variables for every Service of the namespace say nothing to a node.
            enable_service_links: Some(false),
            image_pull_secrets: (!over.image_pull_secrets.is_empty())
                .then(|| over.image_pull_secrets.clone()),
            node_selector: present(&over.node_selector),
            security_context: Some(pod_security()),
            service_account_name: Some(cluster.name.clone()),
            termination_grace_period_seconds: Some(GRACE_SECONDS),
            tolerations: (!over.tolerations.is_empty()).then(|| over.tolerations.clone()),
            topology_spread_constraints: Some(spread(cluster)),
            volumes: Some(mounts::volumes(cluster)),
            ..PodSpec::default()
        }),
    }
}

fn container(cluster: &ValidatedCluster, config_file: &str) -> Container {
    Container {
        name: names::CONTAINER.to_owned(),
        image: Some(cluster.image.clone()),
        args: Some(vec!["--config".to_owned(), format!("{}/{config_file}", mounts::CONFIG_DIR)]),
        env: Some(vec![node_name()]),
        ports: Some(container_ports(cluster)),
        resources: Some(cluster.spec.pod_template.resources.clone()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }),
        startup_probe: Some(probe("/livez", 1, START_SECONDS, 1)),
        // Two misses of a second each: out of the Service fast, yet not for one late answer.
        readiness_probe: Some(probe("/readyz", 1, 2, 1)),
        // For a process that is stuck. A restart costs a replay, so it takes half a minute of silence.
        liveness_probe: Some(probe("/livez", 10, 3, 5)),
        lifecycle: Some(Lifecycle {
            pre_stop: Some(LifecycleHandler {
                exec: Some(ExecAction { command: Some(vec![PROGRAM.to_owned(), "drain".to_owned()]) }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        volume_mounts: Some(mounts::volume_mounts(cluster)),
        ..Container::default()
    }
}

/// The name by which the ring knows the node: the pod's own.
fn node_name() -> EnvVar {
    EnvVar {
        name: "CLOAKROOM_NODE_NAME".to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                api_version: Some("v1".to_owned()),
                field_path: "metadata.name".to_owned(),
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        fs_group: Some(USER),
        // Walking a large volume at each start would take longer than replaying it.
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

/// Over machines if nothing else is said. A constraint without a selector would count no pod at all, so the
/// cluster's own pods are meant.
fn spread(cluster: &ValidatedCluster) -> Vec<TopologySpreadConstraint> {
    let machines = || {
        vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: "kubernetes.io/hostname".to_owned(),
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            ..TopologySpreadConstraint::default()
        }]
    };
    let mut constraints =
        cluster.spec.pod_template.topology_spread_constraints.clone().unwrap_or_else(machines);
    for constraint in &mut constraints {
        constraint.label_selector.get_or_insert_with(|| LabelSelector {
            match_labels: Some(labels::selector(&cluster.name)),
            ..LabelSelector::default()
        });
    }
    constraints
}

fn probe(path: &str, period_seconds: i32, failure_threshold: i32, timeout_seconds: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String(ports::ADMIN.to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        failure_threshold: Some(failure_threshold),
        timeout_seconds: Some(timeout_seconds),
        ..Probe::default()
    }
}

fn container_ports(cluster: &ValidatedCluster) -> Vec<ContainerPort> {
    let state_tls = cluster.spec.state.tls.as_ref().map(|_| port(ports::STATE_TLS, ports::STATE_TLS_PORT));
    let gateway = cluster.spec.data_centre.as_ref().map(|_| port(ports::GATEWAY, ports::GATEWAY_PORT));
    let always = [
        port(ports::STATE, cluster.state_port),
        port(ports::ADMIN, ports::ADMIN_PORT),
        port(ports::PEERS, ports::PEERS_PORT),
    ];
    always.into_iter().chain(state_tls).chain(gateway).collect()
}

fn port(name: &str, number: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(number),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}

fn present(map: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.clone())
}
