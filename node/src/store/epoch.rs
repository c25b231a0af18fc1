//! The ring epoch at which a store decides, and the seal that its change is.

use std::sync::atomic::Ordering;

use cloakroom_session::FIRST_COOKIE;

use super::Store;

/// What the caller worked out before it came with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The ring epoch at which this node is the session's owner. At any other one nothing is decided.
    pub epoch: u64,
    /// The cookie of a session that the command creates: [`FIRST_COOKIE`], or a random one if a session
    /// of that key may have been lost, so that no lock of the lost one is granted again.
    pub first_cookie: i32,
    /// Whether a session that is not here may be elsewhere: then nothing is decided about it.
    pub ask_first: bool,
}

impl At {
    /// A node that has no ring owns every session.
    pub const ALONE: Self = Self { epoch: 0, first_cookie: FIRST_COOKIE, ask_first: false };
}

impl Store {
    /// The epoch at which commands are decided; zero until the first ring.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Goes on to `epoch`; an earlier one changes nothing. When this returns, no command of an earlier
    /// epoch is being decided any more: what this node does not own at `epoch` is sealed.
    pub fn enter(&self, epoch: u64) {
        self.epoch.fetch_max(epoch, Ordering::AcqRel);
        for shard in &self.shards {
            // Whoever holds the lock may have read the epoch before; whoever takes it next has not.
            drop(shard.lock());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use cloakroom_node_config::NodeConfig;
    use cloakroom_session::{Command, CookieField, Timeout};

    use super::At;
    use crate::clock::SystemClock;
    use crate::disk::checkpoint::Identity;
    use crate::disk::volume::Volume;
    use crate::disk::volume::memory::MemoryVolume;
    use crate::metrics::Metrics;
    use crate::store::{Execution, Opened, Settings, Store, Stored};

    /// Rings adopted in a row, each with commands under way.
    const RINGS: u64 = 150;
    const THREADS: usize = 3;
    /// Changes after which all of them are surely busy.
    const BUSY: u64 = 100;

    #[test]
    fn once_an_epoch_is_entered_nothing_of_an_earlier_one_is_decided() {
        let volume: Arc<dyn Volume> = Arc::new(MemoryVolume::default());
        let opened = Store::open(
            &volume,
            Settings { queue_bytes: usize::MAX, ..Settings::from(&NodeConfig::default()) },
            Arc::new(SystemClock::new()),
            Arc::new(Metrics::new("test", 0)),
            || Identity { id: [1; 16], hash_key: [2; 16] },
            &mut |_| {},
        );
        let Opened { store, mut committer, .. } = opened.unwrap();
        let write =
            Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Missing };
        for epoch in 0..RINGS {
            let at = At { epoch, ..At::ALONE };
            let before = store.journal.queue.last_version();
            let mut entered = 0;
            std::thread::scope(|scope| {
                for thread in 0..THREADS {
                    let content = Stored::new(thread.to_string().as_bytes(), b"content");
                    let store = &store;
                    scope.spawn(move || {
                        let decided = || store.execute(at, content.key(), write, Some(&content));
                        while !matches!(decided(), Execution::Moved) {}
                    });
                }
                while store.journal.queue.last_version() < before + BUSY {
                    std::thread::yield_now();
                }
                store.enter(epoch + 1);
                entered = store.journal.queue.last_version();
            });
            let decided_late = store.journal.queue.last_version() - entered;
            assert_eq!(decided_late, 0, "changes of epoch {epoch} after {} was entered", epoch + 1);
            while store.journal.queue.depth().records > 0 {
                committer.commit_next(Duration::ZERO).unwrap();
            }
        }
    }
}
