//! What a new ring brings about beside itself. Nobody has a key here, so nobody is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use k8s_openapi::jiff::Timestamp;

use super::*;
use crate::{
    clock, fixtures,
    hearing::{Moment, Round},
    live::Live,
    metrics::Metrics,
    observed::Observed,
    scene::{object, ring, scene},
    scripted,
};

/// Whether `node` counts as excluded.
fn is_excluded(memory: &mut Memory, node: &str) -> bool {
    let round = Round {
        pods: [(node.to_owned(), "uid".to_owned())].into(),
        ring: None,
        answers: BTreeMap::new(),
        settled_before: BTreeSet::new(),
        wanted: true,
    };
    let now = Moment { at: clock::monotonic(), time: Timestamp::UNIX_EPOCH };
    memory.hearing.listen(now, &round).0[node].excluded
}

#[tokio::test]
async fn a_new_ring_is_counted_told_of_and_remembered() {
    let metrics = Arc::new(Metrics::new());
    let cluster = fixtures::cluster("{replicas: 3}");
    let mut memory = Memory::default();
    for (last, nodes, excluded, news, counts) in [
        (
            "4: 0A 1A 2A",
            &["0 misses 2", "1", "2 silent 30"][..],
            true,
            Some(("epoch 5: shop-2 was silent", true)),
            [1, 1, 100],
        ),
        ("5: 0A 1A", &["0", "1", "2 excluded answers 9"], true, None, [1, 1, 100]),
        (
            "5: 0A 1A",
            &["0", "1", "2 excluded answers 10"],
            false,
            Some(("epoch 6: shop-2 joins", false)),
            [2, 1, 100],
        ),
    ] {
        is_excluded(&mut memory, "shop-2");
        let (client, _) = scripted::server(&[]);
        let context = Context::new(client, Arc::clone(&metrics), fixtures::settings());
        let last = ring(last);
        let observed = Observed { ring: Some(object(&last)), ..scene(last.epoch, nodes) };
        let mut observation = Observation { observed, live: Live::default() };
        let mut changes = Vec::new();
        let objects = context.server.namespace("web");
        publish(&context, objects, &cluster, &mut observation, &mut memory, &mut changes).await.unwrap();
        let told = changes.iter().find_map(|change| match change {
            Change::Ring { epoch, why, bad } => Some((format!("epoch {epoch}: {}", why.join(", ")), *bad)),
            _ => None,
        });
        let as_expected = match (&told, news) {
            (Some((text, bad)), Some((begins, expected))) => text.starts_with(begins) && *bad == expected,
            (told, news) => told.is_none() && news.is_none(),
        };
        assert!(as_expected, "{told:?}");
        assert_eq!(is_excluded(&mut memory, "shop-2"), excluded, "{told:?}");
        let page = metrics.encode();
        for (name, count) in ["rings", "exclusions", "sessions_given_up"].iter().zip(counts) {
            let line = format!("\ncloakroom_operator_{name}_total {count}\n");
            assert!(page.contains(&line), "{line:?} is not in {page}");
        }
    }
}
