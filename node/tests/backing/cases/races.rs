//! Several nodes at once.

use cloakroom_node::backing::{Change, Mark, Stored, Swap, Swapped};
use futures_util::future::join_all;

use super::case;
use crate::check::{Case, World};
use crate::sample::{flush, mark, row};

pub(super) const CASES: &[Case] =
    &[case!(of_several_swaps_one_is_done), case!(of_several_stores_the_newest_stays)];

const NODES: u64 = 6;

async fn of_several_swaps_one_is_done(world: &World) {
    let nodes: Vec<_> = (0..NODES).map(|_| world.another()).collect();
    let mut expected: Option<Mark> = None;
    for round in 1..=40 {
        let new = mark(1, round);
        let swaps = nodes.iter().zip(1..).map(async |(node, number)| {
            let body = format!("{round} {number}");
            let whole = row(b"key", body.as_bytes());
            let swap =
                Swap { expected, mark: new, attempt: round * 100 + number, change: Change::Whole(&whole) };
            (node.cas(b"key", swap).await.unwrap(), body)
        });
        let done: Vec<_> =
            join_all(swaps).await.into_iter().filter(|(swapped, _)| *swapped == Swapped::Done).collect();
        assert_eq!(done.len(), 1, "{done:?}");
        assert_eq!(world.body(b"key").await, (new, done[0].1.clone().into_bytes()));
        expected = Some(new);
    }
}

async fn of_several_stores_the_newest_stays(world: &World) {
    let nodes: Vec<_> = (0..NODES).map(|_| world.another()).collect();
    for round in 0..20_u64 {
        let key = format!("key {round}").into_bytes();
        let stores = nodes.iter().zip(1..).map(async |(node, number)| {
            let body = format!("{number}");
            node.store(&[flush(mark(number, round), row(&key, body.as_bytes()))]).await.remove(0).unwrap()
        });
        let results = join_all(stores).await;
        assert_eq!(results.last(), Some(&Stored::Stored), "nothing is newer");
        assert_eq!(world.body(&key).await, (mark(NODES, round), NODES.to_string().into_bytes()));
    }
}
