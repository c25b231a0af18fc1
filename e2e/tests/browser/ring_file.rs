//! The cluster's ring in a file, as a pod has it that mounts the ConfigMap.

use std::{fs, path::PathBuf, time::Duration};

use cloakroom_e2e::testbed::{Sandbox, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::interval};

/// The kubelet takes up to a minute; what is tested here is not its patience.
const LOOK: Duration = Duration::from_millis(500);

/// A file that is written again when the ring changes.
pub(crate) struct RingFile {
    folder: TempDir,
    follow: JoinHandle<()>,
}

impl RingFile {
    /// Of the cluster `name`.
    pub(crate) async fn of(at: &Sandbox, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (maps, map) = (at.api::<ConfigMap>(), format!("{name}-ring"));
        let path = folder.path().join("ring.json");
        let mut ring = eventually("there is a ring", async || published(&maps, &map).await).await;
        fs::write(&path, &ring).expect("room");
        let follow = tokio::spawn(async move {
            let mut looks = interval(LOOK);
            loop {
                looks.tick().await;
                if let Ok(now) = published(&maps, &map).await
                    && now != ring
                {
                    // Nobody reads half a ring.
                    let beside = path.with_extension("new");
                    fs::write(&beside, &now).and_then(|()| fs::rename(&beside, &path)).expect("room");
                    ring = now;
                }
            }
        });
        Self { folder, follow }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ring.json")
    }
}

impl Drop for RingFile {
    fn drop(&mut self) {
        self.follow.abort();
    }
}

async fn published(maps: &Api<ConfigMap>, map: &str) -> Result<String, String> {
    let found = maps.get(map).await.map_err(|error| error.to_string())?;
    found.data.and_then(|mut data| data.remove("ring.json")).ok_or_else(|| "it is empty".to_owned())
}
