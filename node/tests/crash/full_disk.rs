//! A disk that fills up turns new sessions away and nothing else.

use std::path::Path;
use std::process::Command;

use cloakroom_client::{Error, Read, Written};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::client::{get, remove, set};
use crate::node::Setup;
use crate::patience::eventually;

const DISK: &str = "size=24m";
const CONFIG: &str = "{hotTier: 1MiB, journal: {segmentBytes: 1MiB, checkpointBytes: 1MiB}}";
const BODY_BYTES: usize = 16 << 10;
/// More than the disk could hold.
const MOST: usize = 24 << 6;
/// Sessions written again and again while the disk is full, in sum more than the whole disk.
const BUSY: usize = 20;
const ROUNDS: u64 = 100;

/// A small file system of its own.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a place for files");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|mounted| mounted.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It goes with the machine at the latest.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// Incompressible, so that the disk fills up as reckoned.
fn body(number: usize, round: u64) -> Vec<u8> {
    let mut body = vec![0; BODY_BYTES];
    StdRng::seed_from_u64(round << 32 | number as u64).fill_bytes(&mut body);
    body
}

fn check(address: &str, number: usize, round: u64) {
    let item = match get(address, number) {
        Ok(Read::Found(item)) => item,
        other => panic!("session {number}: {other:?}"),
    };
    assert!(item.body == body(number, round), "session {number} is not what round {round} stored");
}

#[test]
fn a_full_disk_refuses_new_sessions_and_serves_the_others() {
    let Some(disk) = SmallDisk::mount() else {
        println!("SKIPPED: mounting a tmpfs takes root; run this test as root to see a disk fill up");
        return;
    };
    let setup = Setup::new(CONFIG).on(&disk.path().join("data"));
    let mut node = setup.start();
    let address = node.address.clone();

    let refused = (0..MOST).find(|number| match set(&address, *number, &body(*number, 0)) {
        Ok(written) => {
            assert_eq!(written, Written::Done);
            false
        }
        Err(Error::Closed) => true,
        Err(error) => panic!("session {number}: {error}"),
    });
    let created = refused.expect("the disk fills up");
    assert!(created > MOST / 4, "only {created} sessions fitted");

    for round in 1..=ROUNDS {
        for number in 0..BUSY {
            let written = set(&address, number, &body(number, round));
            assert!(matches!(written, Ok(Written::Done)), "session {number}, round {round}: {written:?}");
        }
    }
    let round = |number| if number < BUSY { ROUNDS } else { 0 };
    for number in 0..created {
        check(&address, number, round(number));
    }

    let kept = created / 2;
    for number in kept..created {
        assert!(matches!(remove(&address, number), Ok(Written::Done)), "session {number} cannot be removed");
    }
    eventually("a new session finds room", || set(&address, created, &body(created, 0)).is_ok());
    assert!(node.runs(), "{:#?}", node.said);
    node.kill();

    let node = setup.start();
    for number in (0..kept).chain([created]) {
        check(&node.address, number, round(number));
    }
    println!(
        "{created} sessions fitted; the next was refused; half of them removed, and there was room again"
    );
}
