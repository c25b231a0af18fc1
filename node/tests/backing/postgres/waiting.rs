//! Rows that somebody else holds.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::backing::{Change, FaultKind, Swap, Swapped};
use cloakroom_node::store::Row;

use super::server::Server;
use crate::check::World;
use crate::engine::Engine;
use crate::eventually::until;
use crate::sample::{mark, row};

const EXPIRED: Duration = Duration::from_millis(1);

/// Waits until somebody waits for what another client holds, or sleeps on it.
async fn until_seen(server: &Server, event: &str) {
    let seen = format!("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = '{event}'");
    until(|seen| *seen == "t", async || server.ask(&seen)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_gives_up_before_the_node_does() {
    let server = Server::start().await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    world.put(mark(1, 1), row(b"key", b"body")).await;
    let holder = server.ask_beside("BEGIN; SELECT FROM cloakroom.sessions FOR UPDATE; SELECT pg_sleep(60)");
    until_seen(&server, "PgSleep").await;
    let end = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 1, change: Change::Tombstone };
    let fault = world.store.cas(b"key", end).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    assert!(fault.message.contains("57014"), "{fault}");
    // Nobody waits for a lock to read.
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    holder.join().unwrap();
    assert_eq!(world.swap(b"key", end).await, Swapped::Done);
}

/// A change that waits for the first asking of itself finds it when that is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_again_while_it_is_under_way_it_is_done_once() {
    let server = Server::start().await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    world.put(mark(1, 1), row(b"key", b"body")).await;
    let first = server.ask_beside(
        "BEGIN; UPDATE cloakroom.sessions SET version = 2, attempt = 5; SELECT pg_sleep(0.5); COMMIT",
    );
    until_seen(&server, "PgSleep").await;
    let end = Swap { expected: Some(mark(1, 1)), mark: mark(1, 2), attempt: 5, change: Change::Tombstone };
    assert_eq!(world.swap(b"key", end).await, Swapped::Done);
    first.join().unwrap();
    assert_eq!(world.body(b"key").await, (mark(1, 2), b"body".to_vec()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_take_turns_in_sweeping_and_pass_over_rows_in_use() {
    let server = Server::start().await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    for key in [b"one".as_slice(), b"two"] {
        world.put(mark(1, 1), Row { remaining: EXPIRED, ..row(key, b"body") }).await;
    }
    until(Option::is_none, async || world.read(b"two").await).await;
    for (held, swept) in [
        ("BEGIN; SELECT FROM cloakroom.sweep FOR UPDATE; SELECT pg_sleep(60)", 0),
        ("BEGIN; SELECT FROM cloakroom.sessions WHERE key = 'two' FOR UPDATE; SELECT pg_sleep(60)", 1),
    ] {
        let holder = server.ask_beside(held);
        until_seen(&server, "PgSleep").await;
        assert_eq!(world.store.sweep().await, Ok(swept), "{held}");
        server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
        holder.join().unwrap();
    }
    assert_eq!(world.store.sweep().await, Ok(1));
    assert_eq!(world.engine.held(), 0);
}

/// The table is walked through in slices, from call to call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_table_is_swept_to_its_end() {
    let server = Server::start().await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    server.ask(
        "INSERT INTO cloakroom.sessions
            SELECT 1, 1, NULL, now() + interval '1 h' * (i % 2), NULL, 20, 0, false, 'many/', int4send(i),
                repeat('x', 400)::bytea
            FROM generate_series(1, 60000) AS i",
    );
    let first = world.store.sweep().await.unwrap();
    assert!(first > 0 && first < 30_000, "{first}");
    let second = world.store.sweep().await.unwrap();
    assert_eq!((first + second, world.engine.held()), (30_000, 30_000));
}
