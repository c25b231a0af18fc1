//! What every backing store promises, by this one. The real engines go through more of it, over the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_session::Timeout;
use futures_util::FutureExt as _;

use super::{
    Backed, BackingStore as _, Change, Fault, Flush, Kept, Mark, MemoryStore, Parcel, Row, Stored, Swap,
    Swapped, TOMBSTONE_KEPT, Value,
};
use crate::clock::Clock;

const KEY: &[u8] = b"app/session";
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}

/// An engine and the clock that it lives by.
struct Scene {
    engine: MemoryStore,
    clock: Arc<Hand>,
}

fn mark(epoch: u64, version: u64) -> Mark {
    Mark { epoch, version }
}

fn row(body: &str, locked: Option<Duration>) -> Row {
    Row {
        content: crate::store::Stored::new(KEY, body.as_bytes()),
        epoch: 0,
        timeout: Timeout::DEFAULT,
        uninitialised: false,
        cookie: 7,
        locked,
        remaining: MINUTE,
        backed: Backed::Flushed,
    }
}

impl Scene {
    fn new() -> Self {
        let clock = Arc::new(Hand::default());
        Self { engine: MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>), clock }
    }

    fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn cas(&self, expected: Option<Mark>, mark: Mark, attempt: u64, change: Change<'_>) -> Swapped {
        self.try_cas(expected, mark, attempt, change).unwrap()
    }

    fn try_cas(
        &self,
        expected: Option<Mark>,
        mark: Mark,
        attempt: u64,
        change: Change<'_>,
    ) -> Result<Swapped, Fault> {
        self.engine.cas(KEY, Swap { expected, mark, attempt, change }).now_or_never().unwrap()
    }

    fn claim(&self, epoch: u64) -> Option<Kept> {
        self.engine.claim(KEY, epoch).now_or_never().unwrap().unwrap()
    }

    fn store(&self, mark: Mark, parcel: Parcel) -> Stored {
        let mut stored = self.engine.store(&[Flush { mark, parcel }]).now_or_never().unwrap();
        stored.remove(0).unwrap()
    }

    fn remove(&self, mark: Mark) -> Stored {
        self.engine.remove(KEY, mark).now_or_never().unwrap().unwrap()
    }

    /// Mark, body, lock's age and remaining time of what is there; no body for a tombstone.
    fn there(&self) -> Option<(Mark, Option<String>, Option<Duration>, Duration)> {
        let Kept { mark, value, .. } = self.engine.peek(KEY)?;
        Some(match value {
            Value::Row(row) => {
                let body = String::from_utf8(row.content.body().to_vec()).unwrap();
                (mark, Some(body), row.locked, row.remaining)
            }
            Value::Tombstone => (mark, None, None, Duration::ZERO),
        })
    }

    fn mark(&self) -> Option<Mark> {
        self.engine.peek(KEY).map(|kept| kept.mark)
    }
}

#[test]
fn a_swap_replaces_exactly_what_it_was_built_on() {
    let scene = Scene::new();
    let whole = row("one", None);
    assert_eq!(scene.cas(Some(mark(1, 1)), mark(1, 2), 1, Change::Whole(&whole)), Swapped::Changed);
    assert_eq!(scene.cas(None, mark(1, 5), 2, Change::Whole(&whole)), Swapped::Done);
    for expected in [None, Some(mark(1, 4)), Some(mark(0, 5)), Some(mark(1, 6)), Some(mark(2, 5))] {
        let swapped = scene.cas(expected, mark(2, 9), 3, Change::Whole(&row("two", None)));
        assert_eq!(swapped, Swapped::Changed, "{expected:?}");
    }
    assert_eq!(scene.there(), Some((mark(1, 5), Some("one".to_owned()), None, MINUTE)));
    assert_eq!(scene.cas(Some(mark(1, 5)), mark(1, 6), 4, Change::Tombstone), Swapped::Done);
    assert_eq!(
        scene.cas(None, mark(1, 7), 5, Change::Whole(&whole)),
        Swapped::Changed,
        "a tombstone is there"
    );
    assert_eq!(scene.cas(Some(mark(1, 6)), mark(1, 7), 6, Change::Whole(&whole)), Swapped::Done);
}

#[test]
fn a_change_without_body_keeps_the_one_that_is_there() {
    let scene = Scene::new();
    let other = row("never stored", Some(Duration::from_secs(90)));
    assert!(scene.try_cas(None, mark(1, 1), 1, Change::WithoutBody(&other)).is_err());
    scene.cas(None, mark(1, 1), 2, Change::Whole(&row("kept", None)));
    assert_eq!(scene.cas(Some(mark(1, 1)), mark(1, 2), 3, Change::WithoutBody(&other)), Swapped::Done);
    scene.pass(Duration::from_secs(10));
    let age = Duration::from_secs(100);
    let left = MINUTE - Duration::from_secs(10);
    assert_eq!(scene.there(), Some((mark(1, 2), Some("kept".to_owned()), Some(age), left)));
}

#[test]
fn a_swap_that_is_asked_again_is_done_once() {
    let scene = Scene::new();
    let whole = row("one", None);
    assert_eq!(scene.cas(None, mark(1, 1), 41, Change::Whole(&whole)), Swapped::Done);
    assert_eq!(scene.cas(None, mark(1, 1), 41, Change::Whole(&whole)), Swapped::Done, "the same");
    assert_eq!(scene.cas(None, mark(1, 1), 42, Change::Whole(&whole)), Swapped::Changed, "somebody else");
    assert_eq!(scene.claim(3).unwrap().mark, mark(3, 1));
    assert_eq!(scene.cas(None, mark(1, 1), 41, Change::Whole(&whole)), Swapped::Changed, "claimed since");
    assert_eq!(scene.store(mark(3, 2), Parcel::Row(whole.clone())), Stored::Stored);
    assert_eq!(scene.cas(None, mark(3, 2), 41, Change::Whole(&whole)), Swapped::Changed, "stored since");
}

#[test]
fn only_what_is_newer_is_stored() {
    let scene = Scene::new();
    let parcel = |body| Parcel::Row(row(body, None));
    let stone = Parcel::Tombstone { key: row("", None).content, epoch: 0, age: Duration::ZERO };
    assert_eq!(scene.store(mark(2, 5), parcel("a")), Stored::Stored);
    assert_eq!(scene.store(mark(2, 5), parcel("b")), Stored::Stored, "it is there already");
    assert_eq!(scene.there().unwrap().1.as_deref(), Some("a"));
    for older in [mark(2, 4), mark(1, 9)] {
        assert_eq!(scene.store(older, parcel("c")), Stored::Refused(mark(2, 5)));
        assert_eq!(scene.remove(older), Stored::Refused(mark(2, 5)));
    }
    assert_eq!(scene.store(mark(2, 6), parcel("d")), Stored::Stored);
    assert_eq!(scene.remove(mark(3, 1)), Stored::Stored);
    assert_eq!(scene.store(mark(2, 7), parcel("e")), Stored::Refused(mark(3, 1)));
    assert_eq!(scene.there().unwrap().1, None);
    assert_eq!(scene.store(mark(3, 2), stone), Stored::Stored);
    assert_eq!(scene.mark(), Some(mark(3, 2)));
}

#[test]
fn a_claim_seals_what_is_there_and_leaves_no_trace_of_what_is_not() {
    let scene = Scene::new();
    assert_eq!(scene.claim(9), None);
    assert_eq!(scene.engine.items(), 0);
    scene.cas(None, mark(2, 5), 1, Change::Whole(&row("a", None)));
    let claimed = |epoch| scene.claim(epoch).map(|kept| (kept.mark, kept.stored));
    assert_eq!(claimed(0), Some((mark(2, 5), 2)));
    assert_eq!(claimed(4), Some((mark(4, 5), 2)));
    assert_eq!(claimed(3), Some((mark(4, 5), 4)));
    let Some(Kept { value: Value::Row(seen), .. }) = scene.claim(6) else { panic!("it is there") };
    assert_eq!((seen.epoch, seen.backed), (6, Backed::Recovered { stored: 4 }));
    assert_eq!(scene.store(mark(5, 9), Parcel::Row(seen)), Stored::Refused(mark(6, 5)), "sealed");
    assert_eq!(scene.remove(mark(6, 6)), Stored::Stored);
    assert_eq!(claimed(7), Some((mark(7, 6), 6)), "a tombstone as well");
}

#[test]
fn what_has_expired_is_not_there() {
    let scene = Scene::new();
    let gone =
        |scene: &Scene| (scene.claim(9), scene.mark(), scene.engine.items(), scene.engine.keys().len());
    scene.cas(None, mark(2, 5), 1, Change::Whole(&row("a", None)));
    scene.pass(MINUTE);
    assert_eq!(scene.there().map(|there| there.3), Some(Duration::ZERO), "not before its time");
    assert!(scene.claim(0).is_some());
    scene.pass(Duration::from_millis(1));
    assert_eq!((scene.engine.items(), scene.mark()), (0, None));
    assert_eq!(scene.cas(Some(mark(2, 5)), mark(2, 6), 2, Change::Tombstone), Swapped::Changed);
    assert_eq!(gone(&scene), (None, None, 0, 0));
    assert_eq!(scene.cas(None, mark(1, 1), 3, Change::Whole(&row("b", None))), Swapped::Done);
    scene.pass(MINUTE * 2);
    assert_eq!(scene.store(mark(1, 1), Parcel::Row(row("c", None))), Stored::Stored, "by no mark at all");
    assert_eq!(scene.there().unwrap().1.as_deref(), Some("c"));
    scene.pass(MINUTE * 2);
    assert_eq!(scene.engine.sweep().now_or_never().unwrap(), Ok(1));
    assert!(scene.engine.image().0.is_empty());
}

#[test]
fn a_tombstone_is_kept_for_its_time() {
    let second = Duration::from_secs(1);
    let after = |parcel: Option<Duration>| {
        let scene = Scene::new();
        match parcel {
            Some(age) => {
                let key = row("", None).content;
                scene.store(mark(1, 1), Parcel::Tombstone { key, epoch: 1, age });
            }
            None => assert_eq!(scene.cas(None, mark(1, 1), 1, Change::Tombstone), Swapped::Done),
        }
        (0..).find(|seconds| {
            scene.pass(second);
            assert!(*seconds < 10_000);
            scene.mark().is_none()
        })
    };
    let kept = TOMBSTONE_KEPT.as_secs();
    assert_eq!(after(None), Some(kept));
    assert_eq!(after(Some(Duration::ZERO)), Some(kept));
    assert_eq!(after(Some(Duration::from_secs(kept - 5))), Some(5));
    assert_eq!(after(Some(Duration::from_secs(kept + 5))), Some(1));
}

#[test]
fn an_engine_can_forget() {
    let scene = Scene::new();
    scene.cas(None, mark(1, 1), 1, Change::Whole(&row("a", None)));
    let image = scene.engine.image();
    scene.cas(Some(mark(1, 1)), mark(1, 2), 2, Change::Whole(&row("b", None)));
    scene.engine.go_back(image);
    assert_eq!(scene.there(), Some((mark(1, 1), Some("a".to_owned()), None, MINUTE)));
}
