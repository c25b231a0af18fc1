//! Another operator with other defaults restarts no pod, until the resource itself asks for something new.

use cloakroom_e2e::testbed::{Sandbox, Sessions, eventually, operator, ready, sandbox, small};
use serde_json::json;

/// Tag of the next release.
const NEXT: &str = "next";

#[tokio::test]
async fn pods_stay_when_the_operator_is_upgraded() {
    sandbox("operator-upgraded", async |at: &Sandbox| {
        let Some(host) = at.cluster.host() else {
            println!("not here: a second tag of the images needs the machine that the pods run on");
            return;
        };
        let address = at.serving("shop", &small(1)).await;
        let sessions = Sessions::new("upgraded", 30);
        sessions.store(&address).await;
        let before = at.pod_uids("shop").await;

        operator::restored(at, async || {
            for image in [&at.cluster.images().node, &at.cluster.images().operator] {
                host.tag(image, &format!("{}:{NEXT}", repository(image))).expect("it is there");
            }
            let tag = |which| format!("--set-string=image.{which}.tag={NEXT}");
            operator::upgrade(at, &[&tag("operator"), &tag("node")]);
            // The new operator has seen this cluster: it acts on the change of a number.
            at.change("shop", json!({ "replicas": 2 })).await;
            at.wait("the new operator has scaled", "shop", ready(2)).await;
            assert_eq!(at.pod_uids("shop").await[..1], before);
            sessions.check(&at.pod_address("shop", 0).await).await;

            // Asked for a change that nodes must restart for, it brings its own image along.
            at.change("shop", json!({ "hotTier": { "size": "20Mi" } })).await;
            eventually("both nodes have the new image", async || {
                let images: Vec<_> = at.pods("shop").await.iter().map(image).collect();
                if images.len() == 2 && images.iter().all(|image| image.ends_with(NEXT)) {
                    Ok(())
                } else {
                    Err(format!("{images:?}"))
                }
            })
            .await;
            at.wait("both serve", "shop", ready(2)).await;
            sessions.check(&at.pod_address("shop", 0).await).await;
        })
        .await;
    })
    .await;
}

fn repository(image: &str) -> &str {
    image.rsplit_once(':').map_or(image, |(repository, _)| repository)
}

fn image(pod: &k8s_openapi::api::core::v1::Pod) -> String {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.filter_map(|container| container.image.clone()).collect()
}
