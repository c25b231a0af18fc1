//! What nodes take of the machine's memory while something happens.

use std::{collections::BTreeMap, time::Duration};

use cloakroom_e2e::testbed::Sandbox;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use tokio::time::interval;

use crate::under_load::SHOP;

const SAMPLES: Duration = Duration::from_millis(500);

/// Runs `event`, and prints the most that each node had meanwhile.
pub(crate) async fn watched(at: &Sandbox, event: impl Future<Output = ()>) {
    let mut most = BTreeMap::new();
    let mut samples = interval(SAMPLES);
    let watch = async {
        loop {
            samples.tick().await;
            sample(at, &mut most).await;
        }
    };
    tokio::select! {
        biased;
        () = event => {}
        never = watch => never,
    }
    for (pod, bytes) in most {
        println!("figure: {pod} had {} MiB resident at most", bytes >> 20);
    }
}

/// Nodes that are just starting or ending have none.
async fn sample(at: &Sandbox, most: &mut BTreeMap<String, u64>) {
    let Some(host) = at.cluster.host() else { return };
    for pod in at.pods(SHOP).await.iter().map(Pod::name_any) {
        if let Ok(pid) = host.pid_of(&at.namespace, &pod, "node").await
            && let Ok(bytes) = host.resident_bytes(pid)
        {
            let most = most.entry(pod).or_default();
            *most = bytes.max(*most);
        }
    }
}
