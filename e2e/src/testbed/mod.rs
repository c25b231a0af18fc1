//! A namespace for one test, gone afterwards, and shown before that if the test fails.

#![expect(clippy::print_stdout, reason = "a failed test shows the state of the cluster")]

mod deadline;
mod demands;
pub mod install;
mod objects;
pub mod operator;
mod sessions;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams},
    runtime::{conditions, wait::await_condition},
};
use serde_json::json;

use crate::Cluster;

pub use deadline::{eventually, within};
pub use demands::{condition, converged, ready, small};
pub use sessions::{Sessions, address_of};

/// Where one test lives.
pub struct Sandbox {
    /// The Kubernetes that it is in.
    pub cluster: Cluster,
    /// Speaks to its API server.
    pub client: Client,
    /// The namespace that is its own.
    pub namespace: String,
}

/// Runs `body` in a namespace named after `test`. It admits only pods that pass the *restricted* standard.
pub async fn sandbox(test: &str, body: impl AsyncFnOnce(&Sandbox)) {
    let cluster = Cluster::attach().await.unwrap_or_else(|error| panic!("{error:#}"));
    let client = cluster.client();
    let sandbox = Sandbox { cluster, client, namespace: format!("e2e-{test}") };
    sandbox.open().await;
    let ended = AssertUnwindSafe(body(&sandbox)).catch_unwind().await;
    if let Err(panic) = ended {
        sandbox.dump();
        resume_unwind(panic);
    }
    sandbox.close().await;
}

impl Sandbox {
    async fn open(&self) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        if let Some(left_over) = namespaces.get_opt(&self.namespace).await.expect("an answer") {
            self.close().await;
            let uid = left_over.metadata.uid.expect("every object has one");
            let gone = await_condition(namespaces.clone(), &self.namespace, conditions::is_deleted(&uid));
            within("the last run's namespace is gone", gone).await.expect("a watch");
        }
        let labels =
            json!({ "pod-security.kubernetes.io/enforce": "restricted", "cloakroom.dev/e2e": "true" });
        let namespace = json!({ "metadata": { "name": self.namespace, "labels": labels } });
        let namespace = serde_json::from_value(namespace).expect("a namespace");
        namespaces.create(&PostParams::default(), &namespace).await.expect("it is new");
    }

    /// Nobody waits for the end of it.
    async fn close(&self) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        namespaces.delete(&self.namespace, &DeleteParams::background()).await.expect("it is ours");
    }

    /// What a person would look at first.
    fn dump(&self) {
        let of_namespace = ["--namespace", self.namespace.as_str()];
        for command in [
            ["get", "sessionclusters,all,configmaps,pvc", "--output=wide"].as_slice(),
            &["get", "sessionclusters", "--output=yaml"],
            &["get", "events", "--sort-by=.metadata.creationTimestamp"],
            &["describe", "pods"],
        ] {
            println!("$ kubectl {}", command.join(" "));
            match self.cluster.kubectl().args(of_namespace).args(command).output() {
                Ok(output) => println!(
                    "{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                ),
                Err(error) => println!("{error}"),
            }
        }
    }
}
