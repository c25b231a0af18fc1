//! Each item of a batch is stored by itself.

use std::time::Duration;

use cloakroom_node::backing::{FaultKind, Flush, Stored};

use super::case;
use crate::check::{Case, World};
use crate::sample::{end, flush, mark, row};

pub(super) const CASES: &[Case] = &[
    case!(each_item_has_its_own_result),
    case!(large_items_are_stored_too),
    case!(what_something_else_wrote_spoils_one_item),
];

async fn each_item_has_its_own_result(world: &World) {
    assert_eq!(world.store.store(&[]).await, []);
    let key = |number: u64| format!("key {number}").into_bytes();
    let newer = |number: u64| number % 7 == 3;
    for number in (0..700).filter(|number| newer(*number)) {
        world.put(mark(2, number), row(&key(number), b"newer")).await;
    }
    // In no order that an engine would have them in.
    let numbers: Vec<u64> = (0..700).map(|number| number * 311 % 700).collect();
    let batch: Vec<Flush> = numbers
        .iter()
        .map(|number| match number % 5 {
            0 => end(mark(1, *number), &key(*number), Duration::ZERO),
            _ => flush(mark(1, *number), row(&key(*number), b"batch")),
        })
        .collect();
    let results = world.store.store(&batch).await;
    let wanted = numbers
        .iter()
        .map(|number| Ok(if newer(*number) { Stored::Refused(mark(2, *number)) } else { Stored::Stored }));
    assert_eq!(results, wanted.collect::<Vec<_>>());
    assert_eq!(world.body(&key(3)).await, (mark(2, 3), b"newer".to_vec()));
    assert_eq!(world.body(&key(1)).await, (mark(1, 1), b"batch".to_vec()));
    // The same again is stored already.
    let again = world.store.store(&batch).await;
    assert_eq!(again, results);
}

async fn large_items_are_stored_too(world: &World) {
    let body = vec![b'x'; 700_000];
    let batch: Vec<Flush> =
        (1..=5).map(|number: u64| flush(mark(1, number), row(&number.to_be_bytes(), &body))).collect();
    assert_eq!(world.store.store(&batch).await, vec![Ok(Stored::Stored); 5]);
    for number in 1..=5_u64 {
        assert_eq!(world.body(&number.to_be_bytes()).await.1.len(), body.len());
    }
}

async fn what_something_else_wrote_spoils_one_item(world: &World) {
    if !world.engine.write_foreign(&world.config.key_prefix, b"foreign") {
        return;
    }
    let batch = [b"before".as_slice(), b"foreign", b"after"].map(|key| flush(mark(1, 1), row(key, b"")));
    let results = world.store.store(&batch).await;
    let kinds: Vec<_> = results.into_iter().map(|result| result.map_err(|fault| fault.kind)).collect();
    assert_eq!(kinds, [Ok(Stored::Stored), Err(FaultKind::Refused), Ok(Stored::Stored)]);
    assert_eq!(world.store.claim(b"foreign", 7).await.unwrap_err().kind, FaultKind::Refused);
}
