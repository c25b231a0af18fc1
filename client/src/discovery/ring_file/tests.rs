//! A file that is replaced as a mounted ConfigMap is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use cloakroom_ring::{Member, Ring, State, TEXT_BYTES_MAX};
use tempfile::TempDir;
use tokio::time::timeout;

use super::RingFile;
use crate::discovery::follow::Look;
use crate::{Discovery, Servers};

/// A folder like the one of a mounted ConfigMap: the file is a link through a link that is moved.
struct Mount {
    folder: TempDir,
    revision: u32,
}

impl Mount {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        symlink("..data/ring.json", folder.path().join("ring.json")).unwrap();
        Self { folder, revision: 0 }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ring.json")
    }

    fn publish(&mut self, text: &str) {
        self.revision += 1;
        let (folder, revision) = (self.folder.path(), self.revision.to_string());
        fs::create_dir(folder.join(&revision)).unwrap();
        fs::write(folder.join(&revision).join("ring.json"), text).unwrap();
        symlink(revision, folder.join("..new")).unwrap();
        fs::rename(folder.join("..new"), folder.join("..data")).unwrap();
    }
}

/// A ring of one member, whose address ends in `last`.
fn ring(cluster: &str, epoch: u64, last: u8) -> Ring {
    let member = Member {
        name: format!("node-{last}"),
        pod_uid: String::new(),
        address: ([10, 0, 0, last], 42_425).into(),
        clients: None,
        state: State::Active,
    };
    Ring { cluster: cluster.to_owned(), epoch, members: vec![member], unsettled: Vec::new(), lossy: false }
}

fn shown(servers: &Servers) -> String {
    let server = &servers.servers[0];
    let epoch = servers.ring.as_ref().unwrap().epoch;
    format!("{} {} {epoch}", server.name.as_deref().unwrap(), server.address)
}

#[tokio::test]
async fn a_look_shows_the_newest_ring_of_the_cluster() {
    let mut mount = Mount::new();
    let mut file = RingFile::new(mount.path(), None);
    let mut elsewhere = ring("shop", 6, 6);
    elsewhere.members[0].clients = Some("10.1.1.1:80".parse().unwrap());
    for (text, expected) in [
        (String::new(), "shows no ring: the ring is unreadable"),
        (ring("shop", 3, 1).to_json(), "node-1 10.0.0.1:42424 3"),
        ("garbage".to_owned(), "ring.json shows no ring: the ring is unreadable"),
        (" ".repeat(TEXT_BYTES_MAX + 1), "this is something else"),
        (ring("shop", 2, 2).to_json(), "node-1 10.0.0.1:42424 3"),
        (ring("shop", 3, 3).to_json(), "node-1 10.0.0.1:42424 3"),
        (ring("shop", 5, 5).to_json(), "node-5 10.0.0.5:42424 5"),
        (elsewhere.to_json(), "node-6 10.1.1.1:80 6"),
        (ring("made-anew", 1, 7).to_json(), "node-7 10.0.0.7:42424 1"),
        (ring("made-anew", 2, 8).to_json(), "node-8 10.0.0.8:42424 2"),
    ] {
        mount.publish(&text);
        let look = file.look().await.map_or_else(|error| error.to_string(), |servers| shown(&servers));
        assert!(look.contains(expected), "{look:?} and not {expected:?}");
    }
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let mount = Mount::new();
    let error = Discovery::ring_file(mount.path()).start().await.unwrap_err().to_string();
    assert!(error.contains("cannot read the ring from") && error.contains("ring.json"), "{error}");
    assert!(error.ends_with("name the file that the cluster's ring is mounted as"), "{error}");
}

#[tokio::test]
async fn whoever_follows_it_is_told() {
    let mut mount = Mount::new();
    mount.publish(&ring("shop", 1, 1).to_json());
    let mut told = Discovery::ring_file(mount.path()).with_port(7).start().await.unwrap();
    assert_eq!(shown(&told.borrow_and_update()), "node-1 10.0.0.1:7 1");
    mount.publish(&ring("shop", 2, 2).to_json());
    timeout(Duration::from_secs(60), told.changed()).await.unwrap().unwrap();
    assert_eq!(shown(&told.borrow_and_update()), "node-2 10.0.0.2:7 2");
}
