//! The ring on disk: what a node goes on with after a restart.
//!
//! A node writes a ring down before it acts on it. Otherwise it could come back with an older one and serve what
//! others own by now. Beside it stands the last ring under which the node held nothing but its own: from the two it
//! follows whether there may be anything to hand over.

use std::io;

use cloakroom_ring::{Former, Ring};
use serde::{Deserialize, Serialize};

use crate::disk::reserve::{self, Reserve};
use crate::disk::volume::Volume;

/// Its name in the data directory.
pub const RING_NAME: &str = "ring.json";
const UNFINISHED_NAME: &str = "ring.new";
/// A ring of 128 members and four earlier ones, several times over.
const BYTES_MAX: u64 = 1 << 20;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The ring that is acted on.
    pub ring: Ring,
    /// Members of the last ring under which this node had no session of another.
    pub clean: Option<Vec<Former>>,
    /// Epoch of that ring.
    pub clean_at: u64,
    /// This node has had all of its share since it was given that; not so if it lost its volume.
    #[serde(default = "whole")]
    pub whole: bool,
}

/// What was so before it was written down.
fn whole() -> bool {
    true
}

/// Why the file cannot be used. The node must not go on without it: the epoch in it is a promise.
#[derive(Debug, thiserror::Error)]
pub enum RingUnreadable {
    /// The volume's.
    #[error("{RING_NAME}: {0}")]
    Io(#[from] io::Error),
    /// Not what this program writes.
    #[error(
        "{RING_NAME} is damaged ({0}); if this node is the only one that is left or all others are stopped, delete the \
         file, otherwise delete the node's volume: its sessions are then lost"
    )]
    Damaged(String),
}

/// Reads what was remembered; `None` before the first ring.
pub(super) fn read(volume: &dyn Volume) -> Result<Option<Remembered>, RingUnreadable> {
    let file = match volume.open(RING_NAME) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let bytes = file.len()?;
    if bytes > BYTES_MAX {
        return Err(RingUnreadable::Damaged(format!("it has {bytes} bytes")));
    }
    let mut text = vec![0; usize::try_from(bytes).unwrap_or_default()];
    file.read_at(&mut text, 0)?;
    let remembered: Remembered =
        serde_json::from_slice(&text).map_err(|error| RingUnreadable::Damaged(error.to_string()))?;
    remembered.ring.check().map_err(|error| RingUnreadable::Damaged(error.to_string()))?;
    Ok(Some(remembered))
}

/// Replaces what was remembered, durably.
pub(super) fn write(volume: &dyn Volume, remembered: &Remembered) -> io::Result<()> {
    match volume.remove(UNFINISHED_NAME) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let text = serde_json::to_vec(remembered).map_err(io::Error::other)?;
    match fill(volume, &text) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            // A node that cannot follow the ring serves nobody, which is worse than compacting later: housekeeping keeps
            // the room back again as soon as there is some.
            reserve::release(volume, Reserve::Compaction)?;
            volume.remove(UNFINISHED_NAME)?;
            fill(volume, &text)?;
        }
        done => done?,
    }
    volume.rename(UNFINISHED_NAME, RING_NAME)?;
    volume.sync()
}

fn fill(volume: &dyn Volume, text: &[u8]) -> io::Result<()> {
    // Its room is reserved, so that a disk that fills up meanwhile cannot tear it.
    let file = volume.create(UNFINISHED_NAME, text.len() as u64)?;
    file.write_at(text, 0)?;
    file.sync()
}
