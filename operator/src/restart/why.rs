//! Which fields of the spec a restart comes from, for the event that tells of it.

use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::PodTemplateSpec};
use serde_json::{Value, json};

use super::Rendering;
use crate::labels;

/// A field of the spec, and where it shows in a rendering.
const FIELDS: [(&str, &str); 23] = [
    ("spec.image", "/template/spec/containers/0/image"),
    ("spec.acknowledge", "/config/acknowledge"),
    ("spec.hotTier.size", "/config/hotTier"),
    ("spec.state.port", "/config/stateListen"),
    ("spec.state.tls", "/config/stateTls"),
    ("spec.state.tls", "/volumes/state-tls"),
    ("spec.tls", "/volumes/peer-tls"),
    ("spec.backingStore", "/config/backingStore"),
    ("spec.backingStore", "/volumes/backing-credentials"),
    ("spec.backingStore", "/volumes/backing-ca"),
    ("spec.backingStore", "/volumes/backing-certificate"),
    ("spec.dataCentre", "/dataCentre"),
    ("spec.dataCentre", "/volumes/gateway-key"),
    ("spec.dataCentre", "/volumes/gateway-tls"),
    ("spec.peers", "/peers"),
    ("spec.podTemplate.labels", "/template/metadata/labels"),
    ("spec.podTemplate.annotations", "/template/metadata/annotations"),
    ("spec.podTemplate.resources", "/template/spec/containers/0/resources"),
    ("spec.podTemplate.imagePullSecrets", "/template/spec/imagePullSecrets"),
    ("spec.podTemplate.nodeSelector", "/template/spec/nodeSelector"),
    ("spec.podTemplate.tolerations", "/template/spec/tolerations"),
    ("spec.podTemplate.affinity", "/template/spec/affinity"),
    ("spec.podTemplate.topologySpreadConstraints", "/template/spec/topologySpreadConstraints"),
];

/// The fields whose change makes the pods of `old` restart when `new` is applied; empty if they do not. A change
/// that no field explains is the operator's own.
#[must_use]
pub fn why(old: &StatefulSet, new: &StatefulSet) -> Vec<&'static str> {
    let (old, new) = (Rendering::of(old), Rendering::of(new));
    if old == new {
        return Vec::new();
    }
    let (old, new) = (old.as_ref().map_or(Value::Null, plain), new.as_ref().map_or(Value::Null, plain));
    let changed = |(_, place): &&(&str, &str)| old.pointer(place) != new.pointer(place);
    let mut fields: Vec<_> = FIELDS.iter().filter(changed).map(|(field, _)| *field).collect();
    fields.dedup();
    if fields.is_empty() {
        fields.push("the operator's own pod template");
    }
    fields
}

/// By their names: which number one has depends on the others.
fn volumes(template: &PodTemplateSpec) -> Value {
    let volumes = template.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.map(|volume| (volume.name.clone(), json!(volume))).collect()
}

fn plain(rendering: &Rendering) -> Value {
    let mut template = serde_json::to_value(&rendering.template).unwrap_or_default();
    // Differs with every other field, so it tells nothing.
    if let Some(annotations) = template.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(labels::SPEC_HASH);
    }
    let config: Value = serde_yaml::from_str(&rendering.node_config).unwrap_or_default();
    // The nodes have as one what are two fields of the spec.
    let mut data_centre = config["dataCentre"].clone();
    let peers = data_centre.as_object_mut().and_then(|data_centre| data_centre.remove("peers"));
    json!({
        "template": template,
        "volumes": volumes(&rendering.template),
        "config": config,
        "dataCentre": data_centre,
        "peers": peers.unwrap_or_else(|| json!([])),
    })
}
