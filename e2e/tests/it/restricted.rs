//! Nodes run under the Pod Security standard *restricted* and hold no credentials.

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use cloakroom_e2e::testbed::{Sandbox, sandbox, small};

#[tokio::test]
async fn a_pod_passes_restricted_and_has_no_token() {
    sandbox("restricted", async |at: &Sandbox| {
        let namespace =
            Api::<Namespace>::all(at.client.clone()).get(&at.namespace).await.expect("it is ours");
        let labels = namespace.metadata.labels.expect("it has some");
        assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
        at.serving("shop", &small(1)).await;

        let pod = at.pods("shop").await.remove(0);
        let spec = pod.spec.expect("every pod has one");
        assert_eq!(spec.automount_service_account_token, Some(false));
        let mounts = spec.containers[0].volume_mounts.iter().flatten();
        let tokens = mounts.filter(|mount| mount.mount_path.contains("serviceaccount")).count();
        assert_eq!(tokens, 0);
        let security = spec.containers[0].security_context.as_ref().expect("restricted wants one");
        assert_eq!(security.read_only_root_filesystem, Some(true));
    })
    .await;
}
