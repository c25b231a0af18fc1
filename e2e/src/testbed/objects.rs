//! The objects of a sandbox: made, read, waited for.

use std::fmt::Debug;

use cloakroom_crds::SessionCluster;
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Pod, Service},
};
use kube::{
    Api, Resource, ResourceExt as _,
    api::{ListParams, Patch, PatchParams},
    runtime::wait::await_condition,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Sandbox, address_of,
    deadline::{eventually, within},
    demands::ready,
};

impl Sandbox {
    /// The objects of a kind in this namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Makes the SessionCluster `name`, or changes the parts of it that `spec` names.
    ///
    /// # Errors
    /// The API server's refusal.
    pub async fn try_apply(&self, name: &str, spec: &Value) -> kube::Result<SessionCluster> {
        let cluster = json!({
            "apiVersion": "cloakroom.dev/v1alpha1",
            "kind": "SessionCluster",
            "metadata": { "name": name },
            "spec": spec,
        });
        self.api().patch(name, &PatchParams::apply("e2e").force(), &Patch::Apply(cluster)).await
    }

    /// [`Self::try_apply`] of what is valid.
    pub async fn apply(&self, name: &str, spec: &Value) -> SessionCluster {
        self.try_apply(name, spec).await.expect("a valid cluster")
    }

    /// Changes the parts of the spec that `changes` names.
    pub async fn change(&self, name: &str, changes: Value) -> SessionCluster {
        let patch = Patch::Merge(json!({ "spec": changes }));
        self.api().patch(name, &PatchParams::default(), &patch).await.expect("a valid change")
    }

    /// Waits until the SessionCluster `name` is `as_wanted`, and returns it.
    pub async fn wait(
        &self,
        what: &str,
        name: &str,
        as_wanted: impl Fn(&SessionCluster) -> bool,
    ) -> SessionCluster {
        let condition = |found: Option<&SessionCluster>| found.is_some_and(&as_wanted);
        let found =
            within(format_args!("{name}: {what}"), await_condition(self.api(), name, condition)).await;
        found.expect("a watch").expect("it was seen")
    }

    /// Applies a cluster and waits until all its nodes serve; where applications reach it.
    pub async fn serving(&self, name: &str, spec: &Value) -> String {
        self.apply(name, spec).await;
        let nodes = spec["replicas"].as_i64().and_then(|nodes| i32::try_from(nodes).ok()).expect("a number");
        self.wait(&format!("{nodes} nodes serve"), name, ready(nodes)).await;
        self.address(name).await
    }

    /// Where applications reach the cluster `name`.
    pub async fn address(&self, name: &str) -> String {
        address_of(&self.api::<Service>().get(name).await.expect("its service"))
    }

    /// Where one node of the cluster `name` is reached, past the Service.
    pub async fn pod_address(&self, name: &str, ordinal: usize) -> String {
        let pods = self.pods(name).await;
        let ip = pods[ordinal].status.as_ref().and_then(|status| status.pod_ip.as_ref());
        format!("{}:42424", ip.expect("it runs"))
    }

    /// The pods of the cluster `name`, by their ordinals.
    pub async fn pods(&self, name: &str) -> Vec<Pod> {
        let of_cluster = ListParams::default().labels(&format!("app.kubernetes.io/instance={name}"));
        let mut pods = self.api::<Pod>().list(&of_cluster).await.expect("an answer").items;
        pods.sort_by_key(Pod::name_any);
        pods
    }

    /// Waits until the cluster `name` has `count` pods and no other is on its way out.
    pub async fn wait_for_pods(&self, name: &str, count: usize) {
        eventually(format_args!("{name} has {count} pods"), async || {
            let names: Vec<_> = self.pods(name).await.iter().map(Pod::name_any).collect();
            if names.len() == count { Ok(()) } else { Err(names.join(" ")) }
        })
        .await;
    }

    /// What tells a pod from its successor of the same name.
    pub async fn pod_uids(&self, name: &str) -> Vec<String> {
        self.pods(name).await.into_iter().filter_map(|pod| pod.metadata.uid).collect()
    }

    /// Runs kubectl in this namespace and returns what it printed.
    pub fn kubectl(&self, args: &[&str]) -> String {
        let output = self.cluster.kubectl().args(["--namespace", &self.namespace]).args(args).output();
        let output = output.expect("kubectl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {}: {said}", args.join(" "));
        String::from_utf8(output.stdout).expect("text")
    }
}
