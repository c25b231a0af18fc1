//! The store's part of a list of sessions: the walk over the index, and then the keys of those that are shown, which the
//! index does not have.

use std::sync::Arc;

use super::execute::Wanted;
use super::finish::Unavailable;
use super::{Place, SHARDS, Store};
use crate::listing::{By, Listed, Listing, Top};

/// How far a session is known.
enum Known {
    Gone,
    All(Listed),
    /// But for its key and size, which are on disk.
    Unread(Wanted),
}

impl Store {
    /// The first `limit` sessions that are here. By size they are chosen by what they take on disk: compressed, and to the
    /// next sixteenth.
    ///
    /// # Errors
    /// [`Unavailable::Stopped`].
    pub async fn list(self: &Arc<Self>, by: By, limit: usize) -> Result<Listing, Unavailable> {
        let (total, places) = self.places(by, limit).await;
        let mut sessions = Vec::with_capacity(places.len());
        for full in places {
            match self.listed(Place { full }).await {
                Ok(listed) => sessions.extend(listed),
                // Its next reader is told; the list goes on.
                Err(Unavailable::Unreadable) => {}
                Err(stopped) => return Err(stopped),
            }
        }
        Ok(Listing::of(by, total, sessions))
    }

    async fn places(&self, by: By, limit: usize) -> (u64, Vec<u64>) {
        let now = self.now();
        let mut top = Top::new(limit);
        for index in 0..usize::from(SHARDS) {
            let mut offer = |rank, hash| top.offer(rank, Place::of(index, hash).full);
            {
                let shard = self.shards[index].lock();
                match by {
                    By::Lock => shard.locked(now).for_each(|(hash, since)| offer(By::age(since), hash)),
                    By::Size => shard.sizes(now).for_each(|(hash, bytes)| offer(bytes, hash)),
                }
            }
            // Requests of this thread go on between two shards.
            tokio::task::yield_now().await;
        }
        top.finish()
    }

    async fn listed(self: &Arc<Self>, place: Place) -> Result<Option<Listed>, Unavailable> {
        match self.known(place) {
            Known::Gone => Ok(None),
            Known::All(listed) => Ok(Some(listed)),
            Known::Unread(wanted) => {
                let front = self.load_front(wanted).await?;
                let now = self.now();
                // Lock and age as they are now: the read may have taken a while.
                let slot = self.shard(place).lock().get(place.slot());
                let slot = slot.filter(|slot| !slot.entry.expired(now));
                Ok(slot.map(|slot| Listed::of(&front.key, front.body_bytes, &slot.entry, now)))
            }
        }
    }

    fn known(&self, place: Place) -> Known {
        let now = self.now();
        let shard = self.shard(place).lock();
        let Some(slot) = shard.get(place.slot()).filter(|slot| !slot.entry.expired(now)) else {
            return Known::Gone;
        };
        let pending = shard.pending(place.slot()).map(|pending| pending.put.content.clone());
        match pending.or_else(|| self.hot.peek(place.hot())) {
            Some(content) => {
                let body_bytes = content.body().len() as u64;
                Known::All(Listed::of(content.key(), body_bytes, &slot.entry, now))
            }
            None => Known::Unread(self.wanted(place, &slot)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use cloakroom_node_config::{Acknowledge, NodeConfig};
    use cloakroom_session::{Command, CookieField, Timeout};

    use super::{By, Store};
    use crate::clock::SystemClock;
    use crate::disk::checkpoint::Identity;
    use crate::disk::volume::Volume;
    use crate::disk::volume::memory::MemoryVolume;
    use crate::metrics::Metrics;
    use crate::store::{At, Opened, Settings, Stored};

    /// Keys are read to their end, bodies are not read at all.
    #[tokio::test]
    async fn what_is_only_on_disk_is_listed_by_its_key_and_the_size_that_its_client_gave_it() {
        let volume: Arc<dyn Volume> = Arc::new(MemoryVolume::default());
        let settings =
            Settings { acknowledge: Acknowledge::Memory, ..Settings::from(&NodeConfig::default()) };
        let opened = Store::open(
            &volume,
            settings,
            Arc::new(SystemClock::new()),
            Arc::new(Metrics::new("test", 0)),
            || Identity { id: [1; 16], hash_key: [2; 16] },
            &mut |_| {},
        );
        let Opened { store, mut committer, .. } = opened.unwrap();
        let sessions = [(vec![b'k'; 1500], 10_000), (vec![b'k'; 300], 50), (b"short".to_vec(), 40)];
        for (key, body_bytes) in &sessions {
            let content = Stored::new(key, &vec![b'x'; *body_bytes]);
            let set = Command::Set {
                timeout: Timeout::DEFAULT,
                uninitialised: false,
                cookie: CookieField::Missing,
            };
            store.execute(At::ALONE, key, set, Some(&content));
        }
        while store.journal.queue.depth().records > 0 {
            committer.commit_next(Duration::ZERO).unwrap();
        }
        for (key, _) in &sessions {
            store.hot.remove(store.place(key).hot());
        }
        let listing = store.list(By::Size, 10).await.unwrap();
        let found: Vec<_> =
            listing.sessions.iter().map(|session| (session.key.clone(), session.body_bytes)).collect();
        let expected: Vec<_> = sessions.iter().map(|(key, bytes)| (key.clone(), *bytes as u64)).collect();
        assert_eq!(found, expected);
    }
}
