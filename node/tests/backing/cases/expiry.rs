//! What has expired is not there, and leaves nothing.

use std::time::Duration;

use cloakroom_node::backing::{Change, Flush, Stored, Swap, Swapped, TOMBSTONE_KEPT};
use cloakroom_node::store::Row;

use super::case;
use crate::check::{Case, World};
use crate::eventually::until;
use crate::sample::{end, flush, mark, row};

pub(super) const CASES: &[Case] =
    &[case!(what_has_expired_is_not_there), case!(a_change_moves_the_end), case!(in_the_end_nothing_is_left)];

const SOON: Duration = Duration::from_millis(30);

fn short(key: &[u8]) -> Row {
    Row { remaining: SOON, ..row(key, b"short") }
}

async fn what_has_expired_is_not_there(world: &World) {
    for key in [b"claimed".as_slice(), b"swapped", b"stored"] {
        world.put(mark(9, 9), short(key)).await;
        until(Option::is_none, async || world.read(key).await).await;
    }
    assert_eq!(world.store.claim(b"claimed", 10).await, Ok(None));
    let anew = row(b"swapped", b"anew");
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: 1, change: Change::Whole(&anew) };
    assert_eq!(world.swap(b"swapped", swap).await, Swapped::Done);
    assert_eq!(world.put(mark(1, 1), row(b"stored", b"anew")).await, Stored::Stored);
    for key in [b"swapped".as_slice(), b"stored"] {
        assert_eq!(world.body(key).await, (mark(1, 1), b"anew".to_vec()));
    }
}

async fn a_change_moves_the_end(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    let sooner = short(b"key");
    let change = Change::WithoutBody(&sooner);
    let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change };
    assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
    until(Option::is_none, async || world.read(b"key").await).await;
    // The other way round: what was to end soon stays.
    let mut later = short(b"later");
    later.remaining = Duration::from_secs(5);
    world.put(mark(1, 1), later).await;
    let touched = row(b"later", b"");
    let change = Change::WithoutBody(&touched);
    let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change };
    assert_eq!(world.swap(b"later", swap).await, Swapped::Done);
    let kept = world.read(b"later").await;
    let remaining = match kept.map(|kept| kept.value) {
        Some(cloakroom_node::backing::Value::Row(row)) => row.remaining,
        other => panic!("no session but {other:?}"),
    };
    assert!(remaining > Duration::from_secs(60), "{remaining:?}");
}

async fn in_the_end_nothing_is_left(world: &World) {
    let before = world.engine.held();
    let batch: Vec<Flush> = (0..300_u64)
        .map(|number| {
            let key = number.to_be_bytes();
            match number % 3 {
                0 => flush(mark(1, 1), short(&key)),
                1 => flush(mark(1, 1), Row { locked: Some(SOON), ..short(&key) }),
                // Due already: kept for a moment all the same.
                _ => end(mark(1, 1), &key, TOMBSTONE_KEPT),
            }
        })
        .collect();
    for result in world.store.store(&batch).await {
        assert_eq!(result, Ok(Stored::Stored));
    }
    let whole = short(b"swapped");
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: 1, change: Change::Whole(&whole) };
    assert_eq!(world.swap(b"swapped", swap).await, Swapped::Done);
    until(
        |held| *held <= before,
        async || {
            world.store.sweep().await.unwrap();
            world.engine.held()
        },
    )
    .await;
}
