//! A namespace for one test, gone afterwards, and shown before that if the test fails. What a failed test leaves must
//! not become the failure of the next.

#![expect(clippy::print_stdout, reason = "a failed test shows the state of the cluster")]

mod deadline;
mod demands;
pub mod install;
mod objects;
pub mod operator;
mod sessions;

use std::{
    env,
    panic::{AssertUnwindSafe, resume_unwind},
    time::Duration,
};

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams},
    runtime::{conditions, wait::await_condition},
};
use serde_json::json;
use tokio::time::timeout;

use crate::{Cluster, Host};

pub use deadline::{eventually, within};
pub use demands::{condition, converged, ready, small};
pub use sessions::{Sessions, address_of};

/// If it is set to anything, the namespace of a failed test stays.
const KEEP: &str = "CLOAKROOM_KEEP";

/// An API server that was just started again takes seconds to answer.
const ANSWER: Duration = Duration::from_secs(30);

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
        sandbox.leave().await;
        resume_unwind(panic);
    }
    sandbox.close().await;
}

impl Sandbox {
    /// The machine behind the pods; `None` says that the test cannot be done here.
    pub fn host(&self) -> Option<&Host> {
        let host = self.cluster.host();
        if host.is_none() {
            println!("not here: this needs the machine that the pods run on");
        }
        host
    }

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

    /// After a failure, of which nothing here may distract.
    async fn leave(&self) {
        let restarted = self.cluster.host().map_or(Ok(()), Host::start_stopped);
        restarted.unwrap_or_else(|error| println!("what the test stopped is still stopped: {error:#}"));
        if env::var_os(KEEP).is_some() {
            println!("namespace {} stays, because {KEEP} is set", self.namespace);
            return;
        }
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let params = DeleteParams::background();
        match timeout(ANSWER, namespaces.delete(&self.namespace, &params)).await {
            Ok(Ok(_)) => println!("namespace {} is removed; set {KEEP}=1 to keep it", self.namespace),
            Ok(Err(error)) => println!("namespace {} stays: {error}", self.namespace),
            Err(_) => println!("namespace {} stays: the API server does not answer", self.namespace),
        }
    }

    /// What a person would look at first.
    fn dump(&self) {
        if let Some(record) = self.cluster.host().map(Host::ended).filter(|record| !record.is_empty()) {
            println!("daemons of the cluster that ended by themselves:\n{record}");
        }
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
