//! Telling everybody who waits that something may have changed.
//!
//! What tokio's `watch` does, but those who wait are woken in the order in which they began to: `watch` draws that
//! order at random, and a simulated run could not be repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Where changes are told.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    told: AtomicU64,
    notify: Notify,
}

/// Who wants to know. Begins with everything seen.
#[derive(Debug)]
pub struct Watching {
    changes: Changes,
    seen: u64,
}

impl Changes {
    /// Wakes everybody who waits.
    pub(super) fn tell(&self) {
        self.0.told.fetch_add(1, Ordering::AcqRel);
        self.0.notify.notify_waiters();
    }

    /// Somebody who has seen all changes until now.
    #[must_use]
    pub(super) fn watch(&self) -> Watching {
        Watching { changes: self.clone(), seen: self.told() }
    }

    fn told(&self) -> u64 {
        self.0.told.load(Ordering::Acquire)
    }
}

impl Watching {
    /// Everything until now is seen; to be called before looking.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.changes.told();
    }

    /// Resolves when there is a change that was not seen; it is then.
    pub async fn changed(&mut self) {
        loop {
            // Made before the look, so that a change in between wakes it.
            let notified = self.changes.0.notify.notified();
            let told = self.changes.told();
            if told != self.seen {
                self.seen = told;
                return;
            }
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Who is woken, and when.

    use futures_util::FutureExt as _;

    use super::Changes;

    #[test]
    fn a_change_is_seen_once_by_everybody() {
        let changes = Changes::default();
        let (mut early, mut late) = (changes.watch(), changes.watch());
        assert_eq!(early.changed().now_or_never(), None);
        changes.tell();
        let mut after = changes.watch();
        assert_eq!(early.changed().now_or_never(), Some(()));
        assert_eq!(early.changed().now_or_never(), None);
        late.mark_unchanged();
        assert_eq!(late.changed().now_or_never(), None);
        assert_eq!(after.changed().now_or_never(), None);
    }

    #[test]
    fn who_waits_is_woken() {
        let changes = Changes::default();
        let mut watching = changes.watch();
        let mut waiting = std::pin::pin!(watching.changed());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        changes.tell();
        assert_eq!(waiting.now_or_never(), Some(()));
    }
}
