//! An engine that fails, and what a node is told of it.

use cloakroom_node::backing::{BackingStore, Change, Fault, FaultKind, Stored, Swap, Swapped};

use super::case;
use crate::check::{Case, World};
use crate::engine::Trouble;
use crate::eventually::until;
use crate::sample::{flush, mark, row};

pub(super) const CASES: &[Case] = &[
    case!(what_was_done_without_an_answer_is_found_again, proxied),
    case!(a_connection_that_breaks_is_made_again, proxied),
    case!(a_node_may_start_before_its_engine, proxied),
    case!(a_slow_engine_is_waited_for, proxied),
    case!(an_engine_that_is_gone_says_nothing_was_done, needs Gone),
    case!(an_engine_that_stands_still_may_go_on, needs Frozen),
    case!(an_engine_that_takes_no_writes_is_read, needs ReadOnly),
    case!(a_full_engine_keeps_what_it_has, needs Full),
    case!(a_wrong_password_is_told_and_read_again, needs Password),
    case!(a_healthy_engine_says_so),
];

/// Until the engine serves again, after whatever happened to it.
async fn well_again(world: &World) {
    until(Result::is_ok, async || world.store.probe().await).await.unwrap();
}

fn kind<T>(answer: Result<T, Fault>) -> Option<FaultKind> {
    answer.err().map(|fault| fault.kind)
}

async fn what_was_done_without_an_answer_is_found_again(world: &World) {
    let proxy = world.engine.proxy().expect("the case wants one");
    let whole = row(b"key", b"body");
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: 42, change: Change::Whole(&whole) };
    let batch = [flush(mark(2, 1), row(b"flushed", b"body"))];
    well_again(world).await;
    proxy.swallow_answers();
    let fault = world.store.cas(b"key", swap).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    proxy.restore();
    well_again(world).await;
    let other = world.another();
    let seen = until(Option::is_some, async || other.claim(b"key", 0).await.unwrap()).await;
    assert_eq!(seen.map(|kept| kept.mark), Some(mark(1, 1)));
    assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
    assert_eq!(world.swap(b"key", Swap { attempt: 43, ..swap }).await, Swapped::Changed);

    proxy.swallow_answers();
    let fault = world.store.store(&batch).await.remove(0).unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    let fault = other.remove(b"removed", mark(1, 1)).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    proxy.restore();
    well_again(world).await;
    assert_eq!(world.store.store(&batch).await, [Ok(Stored::Stored)]);
    assert_eq!(world.put(mark(1, 9), row(b"flushed", b"")).await, Stored::Refused(mark(2, 1)));
}

async fn a_connection_that_breaks_is_made_again(world: &World) {
    let proxy = world.engine.proxy().expect("the case wants one");
    world.put(mark(1, 1), row(b"key", b"body")).await;
    proxy.cut();
    // The first may have been under way; from then on it is certain that nothing is done.
    until(|kind| *kind == Some(FaultKind::Unreachable), async || kind(world.store.claim(b"key", 0).await))
        .await;
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: 1, change: Change::Tombstone };
    assert_eq!(kind(world.store.cas(b"key", swap).await), Some(FaultKind::Unreachable));
    assert_eq!(kind(world.store.remove(b"key", mark(1, 2)).await), Some(FaultKind::Unreachable));
    assert_eq!(kind(world.store.probe().await), Some(FaultKind::Unreachable));
    let batch = [flush(mark(1, 2), row(b"key", b"late")), flush(mark(1, 2), row(b"other", b"late"))];
    let results = world.store.store(&batch).await;
    assert_eq!(results.into_iter().map(kind).collect::<Vec<_>>(), [Some(FaultKind::Unreachable); 2]);
    proxy.restore();
    well_again(world).await;
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
    assert_eq!(world.read(b"other").await, None);
}

async fn a_node_may_start_before_its_engine(world: &World) {
    let proxy = world.engine.proxy().expect("the case wants one");
    proxy.cut();
    let early = world.another();
    assert_eq!(kind(early.claim(b"key", 1).await), Some(FaultKind::Unreachable));
    proxy.restore();
    until(|answer| *answer == Ok(None), async || early.claim(b"key", 1).await).await.unwrap();
}

async fn a_slow_engine_is_waited_for(world: &World) {
    let proxy = world.engine.proxy().expect("the case wants one");
    well_again(world).await;
    proxy.delay(world.config.timeout / 5);
    assert_eq!(world.put(mark(1, 1), row(b"key", b"body")).await, Stored::Stored);
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
    proxy.delay(world.config.timeout * 3);
    let fault = world.store.claim(b"key", 3).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    proxy.restore();
    well_again(world).await;
    world.body(b"key").await;
}

async fn an_engine_that_is_gone_says_nothing_was_done(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    world.engine.trouble(Trouble::Gone, true);
    until(|kind| *kind == Some(FaultKind::Unreachable), async || kind(world.store.claim(b"key", 0).await))
        .await;
    assert_eq!(kind(world.another().claim(b"key", 0).await), Some(FaultKind::Unreachable));
    world.engine.trouble(Trouble::Gone, false);
    well_again(world).await;
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
    assert_eq!(world.put(mark(1, 2), row(b"key", b"next")).await, Stored::Stored);
}

async fn an_engine_that_stands_still_may_go_on(world: &World) {
    let whole = row(b"key", b"body");
    let swap = Swap { expected: None, mark: mark(1, 1), attempt: 42, change: Change::Whole(&whole) };
    well_again(world).await;
    // The engine has heard this kind of question before, so one question is all there is to answer.
    assert_eq!(world.swap(b"other", swap).await, Swapped::Done);
    world.engine.trouble(Trouble::Frozen, true);
    let fault = world.store.cas(b"key", swap).await.unwrap_err();
    assert!(fault.may_have_happened(), "{fault}");
    world.engine.trouble(Trouble::Frozen, false);
    well_again(world).await;
    assert_eq!(world.swap(b"key", swap).await, Swapped::Done);
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
}

async fn an_engine_that_takes_no_writes_is_read(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    world.engine.trouble(Trouble::ReadOnly, true);
    until(|kind| *kind == Some(FaultKind::ReadOnly), async || kind(world.store.probe().await)).await;
    let store = until_asked(world).await;
    let whole = row(b"key", b"late");
    let swap =
        Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change: Change::Whole(&whole) };
    assert_eq!(kind(store.cas(b"key", swap).await), Some(FaultKind::ReadOnly));
    let store = until_asked(world).await;
    let stored = store.store(&[flush(mark(1, 2), whole.clone())]).await.remove(0);
    assert_eq!(kind(stored), Some(FaultKind::ReadOnly));
    let read = until_asked(world).await.claim(b"key", 0).await.unwrap();
    assert_eq!(read.map(|kept| kept.mark), Some(mark(1, 1)));
    world.engine.trouble(Trouble::ReadOnly, false);
    well_again(world).await;
    assert_eq!(world.put(mark(1, 2), whole).await, Stored::Stored);
}

/// A store that has just connected: one that was refused may be looking for another master.
async fn until_asked(world: &World) -> std::sync::Arc<dyn BackingStore> {
    let store = world.another();
    until(Result::is_ok, async || store.claim(b"nobody's", 0).await).await.unwrap();
    store
}

async fn a_full_engine_keeps_what_it_has(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    world.engine.trouble(Trouble::Full, true);
    until(
        |kind| *kind == Some(FaultKind::Full),
        async || {
            let body = vec![b'x'; 1 << 20];
            kind(world.store.store(&[flush(mark(1, 1), row(b"large", &body))]).await.remove(0))
        },
    )
    .await;
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
    world.engine.trouble(Trouble::Full, false);
    well_again(world).await;
    assert_eq!(world.put(mark(1, 2), row(b"key", b"next")).await, Stored::Stored);
}

async fn a_wrong_password_is_told_and_read_again(world: &World) {
    world.put(mark(1, 1), row(b"key", b"body")).await;
    world.engine.trouble(Trouble::Password, true);
    let other = world.another();
    let fault = until(Result::is_err, async || other.claim(b"key", 0).await).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    world.engine.trouble(Trouble::Password, false);
    until(Result::is_ok, async || other.claim(b"key", 0).await).await.unwrap();
}

async fn a_healthy_engine_says_so(world: &World) {
    assert!(!world.store.engine().is_empty());
    assert_eq!(world.store.probe().await, Ok(()));
    world.store.sweep().await.unwrap();
}
