//! Two kinds of volumes: ones that can grow, which is the default, and ones that cannot.

use k8s_openapi::api::storage::v1::StorageClass;
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams},
};

pub(crate) async fn apply(client: &Client) -> anyhow::Result<()> {
    let classes = Api::<StorageClass>::all(client.clone());
    for (name, grows) in [("standard", true), ("fixed", false)] {
        let class = StorageClass {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                annotations: grows.then(|| {
                    [("storageclass.kubernetes.io/is-default-class".to_owned(), "true".to_owned())].into()
                }),
                ..ObjectMeta::default()
            },
            provisioner: "kubernetes.io/host-path".to_owned(),
            allow_volume_expansion: Some(grows),
            reclaim_policy: Some("Delete".to_owned()),
            volume_binding_mode: Some("Immediate".to_owned()),
            ..StorageClass::default()
        };
        classes.patch(name, &PatchParams::apply("cloakroom-cluster"), &Patch::Apply(class)).await?;
    }
    Ok(())
}
