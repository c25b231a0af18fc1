//! The chart by helm 3 and helm 4: tested, installed for one namespace, uninstalled.

use cloakroom_e2e::{
    Helm,
    testbed::{Sandbox, Sessions, install, operator, ready, sandbox, small},
};

#[tokio::test]
async fn the_release_passes_its_own_test() {
    sandbox("helm-test", async |at: &Sandbox| {
        for version in [Helm::Three, Helm::Four] {
            operator::helm(
                at,
                version,
                &["test", install::RELEASE, "--namespace", install::NAMESPACE, "--timeout", "120s"],
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_operator_for_one_namespace() {
    // The namespace admits only pods that pass *restricted*, the operator's own as well.
    sandbox("helm-namespaced", async |at: &Sandbox| {
        let sessions = Sessions::new("namespaced", 10);
        operator::absent(at, async || {
            let chart = install::chart();
            let chart = chart.to_str().expect("a path of text");
            let watch = format!("watchNamespace={}", at.namespace);
            let install = ["install", "own", chart, "--namespace", &at.namespace, "--wait"];
            let values = ["--set", &watch, "--set", "crds.install=false"];
            let images = at.cluster.images().values();
            let images: Vec<_> = images.iter().map(String::as_str).collect();
            operator::helm(at, Helm::Four, &[install.as_slice(), &values, &images].concat());
            let address = at.serving("shop", &small(1)).await;
            sessions.store(&address).await;

            operator::helm(at, Helm::Four, &["uninstall", "own", "--namespace", &at.namespace, "--wait"]);
            // Without an operator the nodes serve on.
            sessions.check(&address).await;
        })
        .await;
        at.change("shop", serde_json::json!({ "replicas": 2 })).await;
        at.wait("the other operator has taken over", "shop", ready(2)).await;
        sessions.check(&at.pod_address("shop", 0).await).await;
    })
    .await;
}
