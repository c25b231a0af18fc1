//! The answer to another node that has become a session's owner and asks what lies here.

use std::sync::Arc;

use super::finish::Unavailable;
use super::local::Local;
use super::{Held, Row, Store};

impl Store {
    /// What is here under `key`; changes nothing. Whoever asks sees to it that nobody changes it any
    /// more: this node is at an epoch in which it is not the session's owner.
    ///
    /// # Errors
    /// [`Unavailable::Unreadable`] and [`Unavailable::Stopped`]: something is here and cannot be looked at.
    pub async fn held(self: &Arc<Self>, key: &[u8]) -> Result<Held, Unavailable> {
        let place = self.place(key);
        let mut loaded = None;
        loop {
            let now = self.now();
            let (local, backed) = {
                let shard = self.shard(place).lock();
                (self.local(&shard, place, now, loaded.as_ref()), self.backed(&shard, place))
            };
            match local {
                Local::Row { slot, content, epoch, .. } if content.key() == key => {
                    return Ok(Held::Row(Row::of(&slot, content, epoch, now, backed)));
                }
                Local::Nothing | Local::Row { .. } => return Ok(Held::Nothing),
                Local::Tombstone { epoch, .. } => return Ok(Held::Tombstone { epoch }),
                Local::Unread(wanted) => loaded = Some(self.load_to_move(wanted).await?),
            }
        }
    }

    /// Resolves when everything up to `version` is on disk.
    ///
    /// # Errors
    /// [`Unavailable::Stopped`]: whether it is, is unknown.
    pub async fn durable(&self, version: u64) -> Result<(), Unavailable> {
        self.journal.queue.durable(version).await.map_err(|_| Unavailable::Stopped)
    }
}
