//! What is stored is what is given back.

use std::time::Duration;

use cloakroom_node::backing::{Change, Kept, Stored, Swap, Swapped, TOMBSTONE_KEPT, Value};
use cloakroom_node::store::{Backed, Row};
use cloakroom_session::Timeout;

use super::case;
use crate::check::{Case, World};
use crate::sample::{LONG, end, mark, row};

pub(super) const CASES: &[Case] = &[
    case!(every_field_comes_back),
    case!(any_bytes_are_a_key_and_a_body),
    case!(a_large_body_comes_back),
    case!(a_change_without_body_keeps_it),
    case!(a_lock_ages_by_the_engines_clock),
    case!(a_removed_session_is_a_tombstone),
    case!(strangers_leave_nothing),
    case!(prefixes_do_not_meet),
];

async fn every_field_comes_back(world: &World) {
    for (uninitialised, cookie, minutes) in [(false, 0, 0), (true, i32::MAX, 1), (false, i32::MIN, 525_600)] {
        let timeout = Timeout::from_minutes(minutes).unwrap();
        let stored = Row { timeout, uninitialised, cookie, ..row(b"key", b"body") };
        let at = mark(u64::from(minutes) + 1, 1);
        assert_eq!(world.put(at, stored.clone()).await, Stored::Stored);
        let Some(Kept { mark, stored: before, value: Value::Row(kept) }) = world.read(b"key").await else {
            panic!("it was stored");
        };
        assert_eq!((mark, before), (at, at.epoch));
        assert!(kept.remaining <= LONG && kept.remaining > LONG / 2, "{:?}", kept.remaining);
        let backed = Backed::Recovered { stored: at.epoch };
        let remaining = kept.remaining;
        assert_eq!(kept, Row { epoch: at.epoch, backed, remaining, ..stored });
    }
}

async fn any_bytes_are_a_key_and_a_body(world: &World) {
    let all: Vec<u8> = (0..=255).collect();
    for key in [b"\0".as_slice(), b"\r\n$3\r\n", b"{tag}%_'\"\\", "ключ".as_bytes(), &all] {
        for body in [b"".as_slice(), b"\0\0", b"\r\n*1\r\n", &all] {
            let expected = world.read(key).await.map(|kept| kept.mark);
            let at = mark(1, expected.map_or(1, |mark| mark.version + 1));
            let whole = row(key, body);
            let swap = Swap { expected, mark: at, attempt: at.version, change: Change::Whole(&whole) };
            assert_eq!(world.swap(key, swap).await, Swapped::Done);
            assert_eq!(world.body(key).await, (at, body.to_vec()), "{key:?}");
        }
    }
}

async fn a_large_body_comes_back(world: &World) {
    let body: Vec<u8> = (0..4_u32 << 20).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
    world.put(mark(1, 1), row(b"large", &body)).await;
    assert!(world.body(b"large").await == (mark(1, 1), body), "other bytes came back");
}

async fn a_change_without_body_keeps_it(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    let locked = Row { cookie: 7, locked: Some(Duration::ZERO), ..row(b"key", b"not looked at") };
    let change = Change::WithoutBody(&locked);
    let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change };
    assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
    let Some(Kept { value: Value::Row(kept), .. }) = world.read(b"key").await else {
        panic!("it was stored")
    };
    assert_eq!((kept.cookie, kept.content.body()), (7, b"body".as_slice()));
    assert!(kept.locked.is_some());
}

async fn a_lock_ages_by_the_engines_clock(world: &World) {
    let taken = Duration::from_secs(90);
    world.put(mark(1, 1), Row { locked: Some(taken), ..row(b"key", b"") }).await;
    let age = async || match world.read(b"key").await {
        Some(Kept { value: Value::Row(row), .. }) => row.locked,
        other => panic!("no session but {other:?}"),
    };
    let first = age().await.unwrap();
    assert!(first >= taken && first < taken * 2, "{first:?}");
    let second = crate::eventually::until(|age| *age > Some(first), age).await;
    assert!(second < Some(taken * 2), "{second:?}");
    world.put(mark(1, 2), row(b"key", b"")).await;
    assert_eq!(age().await, None);
}

async fn a_removed_session_is_a_tombstone(world: &World) {
    let gone =
        |epoch, version, stored| Some(Kept { mark: mark(epoch, version), stored, value: Value::Tombstone });
    world.put(mark(1, 1), row(b"removed", b"body")).await;
    assert_eq!(world.store.remove(b"removed", mark(1, 2)).await, Ok(Stored::Stored));
    assert_eq!(world.read(b"removed").await, gone(1, 2, 1));
    // One that nobody knows is remembered as well: an older copy may lie somewhere.
    assert_eq!(world.store.remove(b"unknown", mark(3, 4)).await, Ok(Stored::Stored));
    assert_eq!(world.read(b"unknown").await, gone(3, 4, 3));
    assert_eq!(world.store.claim(b"unknown", 5).await.unwrap(), gone(5, 4, 3));
    assert_eq!(world.flush(end(mark(2, 1), b"flushed", TOMBSTONE_KEPT / 2)).await, Stored::Stored);
    assert_eq!(world.read(b"flushed").await, gone(2, 1, 2));
    world.put(mark(1, 1), row(b"swapped", b"body")).await;
    let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change: Change::Tombstone };
    assert_eq!(world.swap(b"swapped", swap).await, Swapped::Done);
    assert_eq!(world.read(b"swapped").await, gone(1, 2, 1));
    // What comes after it is a session like any other.
    let whole = row(b"swapped", b"anew");
    let swap =
        Swap { expected: Some(mark(1, 2)), mark: mark(1, 3), attempt: 2, change: Change::Whole(&whole) };
    assert_eq!(world.swap(b"swapped", swap).await, Swapped::Done);
    assert_eq!(world.body(b"swapped").await, (mark(1, 3), b"anew".to_vec()));
}

async fn strangers_leave_nothing(world: &World) {
    let before = world.engine.held();
    for epoch in [0, 1, 7] {
        assert_eq!(world.store.claim(b"nobody's", epoch).await, Ok(None));
    }
    let absent = row(b"nobody's", b"");
    for change in [Change::WithoutBody(&absent), Change::Whole(&absent), Change::Tombstone] {
        let swap = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change };
        assert_eq!(world.swap(b"nobody's", swap).await, Swapped::Changed);
    }
    assert_eq!(world.engine.held(), before);
}

async fn prefixes_do_not_meet(world: &World) {
    let other = World::new(std::sync::Arc::clone(&world.engine));
    world.put(mark(1, 1), row(b"key", b"mine")).await;
    assert_eq!(other.read(b"key").await, None);
    other.put(mark(9, 9), row(b"key", b"theirs")).await;
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"mine".to_vec()));
}
