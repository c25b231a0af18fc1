//! Only what is newer is stored, and only onto what was expected.

use cloakroom_node::backing::{Change, Mark, Stored, Swap, Swapped};

use super::case;
use crate::check::{Case, World};
use crate::sample::{mark, row};

pub(super) const CASES: &[Case] = &[
    case!(a_claim_shuts_earlier_epochs_out),
    case!(a_store_is_taken_if_it_is_newer),
    case!(marks_are_compared_exactly),
    case!(a_swap_wants_exactly_what_it_was_built_on),
    case!(asked_again_a_swap_says_so_again),
    case!(a_removal_is_not_undone_by_what_is_older),
];

/// The mark that is stored.
async fn stored(world: &World, key: &[u8]) -> Option<Mark> {
    world.read(key).await.map(|kept| kept.mark)
}

async fn a_claim_shuts_earlier_epochs_out(world: &World) {
    world.put(mark(3, 7), row(b"key", b"first")).await;
    for (epoch, raised, before) in [(0, 3, 3), (2, 3, 3), (5, 5, 3), (4, 5, 5), (5, 5, 5), (0, 5, 5)] {
        let kept = world.store.claim(b"key", epoch).await.unwrap().unwrap();
        assert_eq!((kept.mark, kept.stored), (mark(raised, 7), before), "claimed for {epoch}");
    }
    assert_eq!(world.put(mark(4, 100), row(b"key", b"late")).await, Stored::Refused(mark(5, 7)));
    let late = row(b"key", b"late");
    let swap =
        Swap { expected: Some(mark(3, 7)), mark: mark(3, 8), attempt: 1, change: Change::Whole(&late) };
    assert_eq!(world.swap(b"key", swap).await, Swapped::Changed);
    assert_eq!(world.body(b"key").await, (mark(5, 7), b"first".to_vec()));
}

async fn a_store_is_taken_if_it_is_newer(world: &World) {
    use Stored::{Refused, Stored as Taken};
    for (epoch, version, answer, now) in [
        (2, 5, Taken, (2, 5)),
        (2, 5, Taken, (2, 5)),
        (2, 4, Refused(mark(2, 5)), (2, 5)),
        (1, 9, Refused(mark(2, 5)), (2, 5)),
        (2, 6, Taken, (2, 6)),
        (3, 1, Taken, (3, 1)),
    ] {
        let body = format!("{epoch} {version}");
        assert_eq!(world.put(mark(epoch, version), row(b"key", body.as_bytes())).await, answer, "{body}");
        assert_eq!(
            world.body(b"key").await,
            (mark(now.0, now.1), format!("{} {}", now.0, now.1).into_bytes())
        );
    }
}

/// Neither as floating point, nor as text.
async fn marks_are_compared_exactly(world: &World) {
    let close = 1 << 53;
    let rising = [9, 10, 99, 100, close, close + 1, close + 2, Mark::MAX - 1, Mark::MAX];
    for (below, above) in rising.iter().zip(&rising[1..]) {
        for (old, new) in [(mark(1, *below), mark(1, *above)), (mark(*below, 1), mark(*above, 1))] {
            let key = format!("{old} {new}");
            world.put(new, row(key.as_bytes(), b"")).await;
            assert_eq!(stored(world, key.as_bytes()).await, Some(new));
            assert_eq!(world.put(old, row(key.as_bytes(), b"")).await, Stored::Refused(new), "{key}");
            let whole = row(key.as_bytes(), b"");
            let swap = Swap { expected: Some(old), mark: new, attempt: 1, change: Change::Whole(&whole) };
            assert_eq!(world.swap(key.as_bytes(), swap).await, Swapped::Changed, "{key}");
        }
    }
    world.put(mark(close, 1), row(b"claimed", b"")).await;
    let kept = world.store.claim(b"claimed", close + 1).await.unwrap().unwrap();
    assert_eq!((kept.mark, kept.stored), (mark(close + 1, 1), close));
}

async fn a_swap_wants_exactly_what_it_was_built_on(world: &World) {
    let whole = row(b"key", b"body");
    for (expected, new, answer, now) in [
        (Some(mark(1, 1)), mark(1, 2), Swapped::Changed, None),
        (None, mark(1, 1), Swapped::Done, Some(mark(1, 1))),
        (None, mark(1, 2), Swapped::Changed, Some(mark(1, 1))),
        (Some(mark(1, 1)), mark(1, 2), Swapped::Done, Some(mark(1, 2))),
        (Some(mark(1, 1)), mark(1, 3), Swapped::Changed, Some(mark(1, 2))),
        (Some(mark(1, 3)), mark(1, 4), Swapped::Changed, Some(mark(1, 2))),
        (Some(mark(2, 2)), mark(2, 3), Swapped::Changed, Some(mark(1, 2))),
        (Some(mark(1, 2)), mark(7, 3), Swapped::Done, Some(mark(7, 3))),
    ] {
        // Each is a change of its own.
        let attempt = new.version + 100 * new.epoch + u64::from(expected.is_none()) * 10_000;
        let swap = Swap { expected, mark: new, attempt, change: Change::Whole(&whole) };
        assert_eq!(world.swap(b"key", swap).await, answer, "{expected:?} to {new}");
        assert_eq!(stored(world, b"key").await, now);
    }
}

async fn asked_again_a_swap_says_so_again(world: &World) {
    let (first, other) = (row(b"key", b"first"), row(b"key", b"other"));
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: u64::MAX, change: Change::Whole(&first) };
    assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
    let again = Swap { change: Change::Whole(&other), ..swap };
    assert_eq!(world.swap(b"key", again).await, Swapped::Done);
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"first".to_vec()), "it was done twice");
    // The same mark by somebody else is another change.
    assert_eq!(world.swap(b"key", Swap { attempt: 1, ..again }).await, Swapped::Changed);
    // Somebody has gone on from there.
    let next =
        Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 2, change: Change::Whole(&other) };
    assert_eq!(world.swap(b"key", next).await, Swapped::Done);
    assert_eq!(world.swap(b"key", swap).await, Swapped::Changed);
    // Claimed, it is not what was made.
    world.store.claim(b"key", 4).await.unwrap();
    assert_eq!(world.swap(b"key", next).await, Swapped::Changed);
    // A removal is a change like any other.
    let end = Swap { expected: Some(mark(4, 2)), mark: mark(4, 3), attempt: 3, change: Change::Tombstone };
    assert_eq!(world.swap(b"key", end).await, Swapped::Done);
    assert_eq!(world.swap(b"key", end).await, Swapped::Done);
}

async fn a_removal_is_not_undone_by_what_is_older(world: &World) {
    world.put(mark(2, 5), row(b"key", b"body")).await;
    assert_eq!(world.store.remove(b"key", mark(2, 4)).await, Ok(Stored::Refused(mark(2, 5))));
    assert_eq!(world.body(b"key").await, (mark(2, 5), b"body".to_vec()));
    assert_eq!(world.store.remove(b"key", mark(2, 6)).await, Ok(Stored::Stored));
    assert_eq!(world.store.remove(b"key", mark(2, 6)).await, Ok(Stored::Stored));
    assert_eq!(world.put(mark(2, 5), row(b"key", b"back")).await, Stored::Refused(mark(2, 6)));
    let back = row(b"key", b"back");
    let swap = Swap { expected: None, mark: mark(2, 7), attempt: 1, change: Change::Whole(&back) };
    assert_eq!(world.swap(b"key", swap).await, Swapped::Changed);
    assert_eq!(world.put(mark(2, 7), row(b"key", b"anew")).await, Stored::Stored);
    assert_eq!(world.body(b"key").await, (mark(2, 7), b"anew".to_vec()));
}
