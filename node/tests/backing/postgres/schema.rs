//! The tables: made once, brought up to date, never taken for what they are not.

use std::sync::Arc;

use cloakroom_node::backing::{FaultKind, Kept, Value};
use cloakroom_node_config::BackingStore;
use futures_util::future::join_all;

use super::server::Server;
use super::{patient, with};
use crate::check::another;
use crate::engine::Engine;
use crate::eventually::until;
use crate::sample::mark;

/// The tables of each release that ever ran, with rows in them, in a schema of that name.
const RELEASED: &[(&str, &str)] = &[("released_1", include_str!("released/1.sql"))];

/// The first call waits for the first attempt to connect, which makes the tables.
fn in_schema(server: &Arc<Server>, schema: &str) -> BackingStore {
    patient(with(server.config(), |postgres| schema.clone_into(&mut postgres.schema)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_make_the_tables_once() {
    let server = Server::start_empty().await;
    let stores: Vec<_> = (0..5).map(|_| another(&patient(server.config()))).collect();
    let first = stores.iter().map(|store| store.claim(b"key", 1));
    assert_eq!(join_all(first).await, vec![Ok(None); 5], "nobody was told of another's tables");
    assert_eq!(server.ask("SELECT count(*), min(number) FROM cloakroom.version"), "1|1");
    assert_eq!(server.ask("SELECT count(*) FROM cloakroom.sweep"), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_a_newer_release_are_left_alone() {
    let server = Server::start().await;
    server.ask("UPDATE cloakroom.version SET number = 99");
    let store = another(&patient(server.config()));
    let fault = store.claim(b"key", 0).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.message.contains("version 99") && fault.message.contains("another schema"), "{fault}");
    // Once they are the right ones, nobody needs to restart.
    server.ask("UPDATE cloakroom.version SET number = 1");
    until(Result::is_ok, async || store.probe().await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_the_right_to_make_a_schema_is_told_what_to_do() {
    let server = Server::start_empty().await;
    server.ask("REVOKE CREATE ON DATABASE cloakroom FROM cloakroom");
    let store = another(&in_schema(&server, "given"));
    let fault = store.claim(b"key", 0).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.message.contains(r#"CREATE SCHEMA "given" AUTHORIZATION"#), "{fault}");
    server.ask("CREATE SCHEMA given AUTHORIZATION cloakroom");
    until(Result::is_ok, async || store.probe().await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tables_of_every_release_are_read() {
    let server = Server::start_empty().await;
    for (schema, sql) in RELEASED {
        server.ask(sql);
        let store = another(&BackingStore { key_prefix: "shop/".to_owned(), ..in_schema(&server, schema) });
        let Some(Kept { mark: at, value: Value::Row(row), .. }) = store.claim(b"session", 0).await.unwrap()
        else {
            panic!("{schema} has a session");
        };
        assert_eq!((at, row.content.body()), (mark(3, 14), b"body".as_slice()));
        assert_eq!((row.timeout.minutes(), row.cookie, row.uninitialised), (20, 7, true));
        assert!(row.locked.is_some());
        let removed = store.claim(b"removed", 0).await.unwrap().map(|kept| (kept.mark, kept.value));
        assert_eq!(removed, Some((mark(2, 9), Value::Tombstone)));
        assert_eq!(store.sweep().await, Ok(1), "one has expired");
        assert_eq!(server.ask(&format!("SELECT number FROM {schema}.version")), "1");
    }
}
