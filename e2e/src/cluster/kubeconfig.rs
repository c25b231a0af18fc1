//! The file that tells a client where the API server is and who the client is.

use std::path::Path;

use anyhow::Context as _;
use k8s_openapi::ByteString;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;

use super::{certificates::Pair, names};

/// A kubeconfig that needs no other file. It is JSON, which every reader of kubeconfigs takes for YAML.
pub(crate) fn render(authority: &str, client: &Pair) -> String {
    let base64 = |pem: &str| ByteString(pem.as_bytes().to_vec());
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cloakroom",
        "contexts": [{"name": "cloakroom", "context": {"cluster": "cloakroom", "user": "cloakroom"}}],
        "clusters": [{"name": "cloakroom", "cluster": {
            "server": names::api_url(),
            "certificate-authority-data": base64(authority),
        }}],
        "users": [{"name": "cloakroom", "user": {
            "client-certificate-data": base64(&client.certificate),
            "client-key-data": base64(&client.key),
        }}],
    });
    format!("{config:#}\n")
}

/// A client as the file says.
pub(crate) async fn client(path: &Path) -> anyhow::Result<Client> {
    let describe = || format!("cannot use {}", path.display());
    // The second call finds the first one's choice in place, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let read = Kubeconfig::read_from(path).with_context(describe)?;
    let config =
        Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.with_context(describe)?;
    Client::try_from(config).with_context(describe)
}
