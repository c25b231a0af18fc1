//! The session store for tower-sessions, on a real node: never two under one id, nothing brought back, nobody's lock
//! disregarded, and no trouble taken for an absence.

use std::{net::SocketAddr, time::Duration};

use cloakroom_client::{
    Client, Cluster, Connection, Discovery, Read, Session, Timeout, Written, tower_sessions::CloakroomStore,
};
use time::OffsetDateTime;
use tokio::runtime;
use tower_sessions_core::{
    SessionStore as _,
    session::{Id, Record},
    session_store::Error,
};

use crate::node::Node;

const APP: &str = "shop";

/// Runs `test` with a node, which has a runtime of its own and so must not end in the test's.
fn with_node(test: impl AsyncFnOnce(&Node)) {
    let node = Node::start();
    run(test(&node));
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a poller").block_on(future)
}

/// One that does not wait long.
async fn store(node: SocketAddr) -> CloakroomStore {
    let nodes = Discovery::fixed([node.to_string()]).expect("an address");
    let client = Client::builder().cluster(Cluster::new(nodes)).build().await.expect("a list of one");
    CloakroomStore::new(client, APP).with_wait(Duration::from_millis(50))
}

/// A session that lasts an hour.
fn record(count: u64) -> Record {
    let expiry_date = OffsetDateTime::now_utc() + time::Duration::HOUR;
    let expiry_date = expiry_date.replace_nanosecond(0).expect("a whole second");
    Record { id: Id::default(), data: [("count".to_owned(), count.into())].into(), expiry_date }
}

fn session(id: Id) -> Session {
    Session::new(APP, &id.to_string()).expect("it is short")
}

/// A connection as ASP.NET has one.
async fn page(node: &Node) -> Connection {
    Connection::connect(&node.address.to_string()).await.expect("the node listens")
}

/// A session of the store that a page has locked.
struct Held {
    record: Record,
    page: Connection,
    cookie: i32,
}

async fn held_by_a_page(node: &Node, store: &CloakroomStore) -> Held {
    let mut record = record(1);
    store.create(&mut record).await.expect("a node with room");
    let mut page = page(node).await;
    match page.get_exclusive(&session(record.id)).await.expect("an answer") {
        Read::Found(held) => Held { record, page, cookie: held.cookie },
        other => panic!("nobody holds it: {other:?}"),
    }
}

#[track_caller]
fn check_backend<T: std::fmt::Debug>(result: Result<T, Error>, expected: &str) {
    match result {
        Err(Error::Backend(message)) => assert!(message.contains(expected), "{message}"),
        other => panic!("{other:?} and not: {expected}"),
    }
}

#[test]
fn a_session_from_its_beginning_to_its_end() {
    with_node(async |node| {
        let store = store(node.address).await;
        let mut record = record(1);
        assert_eq!(store.load(&record.id).await.unwrap(), None);
        store.create(&mut record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record.clone()));
        record.data.insert("count".to_owned(), 2.into());
        store.save(&record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record.clone()));
        let Read::Found(item) = page(node).await.get(&session(record.id)).await.unwrap() else {
            panic!("it is there for everybody")
        };
        assert_eq!(item.timeout.minutes(), 60);
        store.delete(&record.id).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap(), None);
        store.delete(&record.id).await.unwrap();
    });
}

#[test]
fn an_id_that_is_taken_is_not_used_again() {
    with_node(async |node| {
        let store = store(node.address).await;
        let mut first = record(1);
        store.create(&mut first).await.unwrap();
        let mut second = Record { id: first.id, ..record(2) };
        store.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id);
        assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
        assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
    });
}

#[test]
fn a_session_that_was_removed_is_not_brought_back() {
    with_node(async |node| {
        let store = store(node.address).await;
        let mut record = record(1);
        store.create(&mut record).await.unwrap();
        store.delete(&record.id).await.unwrap();
        check_backend(store.save(&record).await, "has ended since it was loaded");
        assert_eq!(store.load(&record.id).await.unwrap(), None);
    });
}

#[test]
fn what_another_holds_is_waited_for_and_never_absent() {
    with_node(async |node| {
        let store = store(node.address).await;
        let Held { record, mut page, cookie } = held_by_a_page(node, &store).await;
        check_backend(store.load(&record.id).await, "has been locked by another request");
        check_backend(store.save(&record).await, "has been locked by another request");
        check_backend(store.delete(&record.id).await, "has been locked by another request");
        assert_eq!(page.release(&session(record.id), cookie).await.unwrap(), Written::Done);
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record));
    });
}

#[test]
fn a_lock_is_outlasted() {
    with_node(async |node| {
        let store = store(node.address).await.with_wait(Duration::from_secs(60));
        let Held { record, mut page, cookie } = held_by_a_page(node, &store).await;
        let (saving, id) = (record.clone(), session(record.id));
        let save = async { store.save(&saving).await.unwrap() };
        let release = async {
            tokio::task::yield_now().await;
            assert_eq!(page.release(&id, cookie).await.unwrap(), Written::Done);
        };
        tokio::join!(save, release);
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record));
    });
}

#[test]
fn a_lock_that_nobody_can_still_want_is_broken() {
    with_node(async |node| {
        let store = store(node.address).await;
        let Held { record, mut page, cookie } = held_by_a_page(node, &store).await;
        node.advance(Duration::from_secs(110));
        check_backend(store.load(&record.id).await, "for 110 s");
        node.advance(Duration::from_secs(1));
        assert_eq!(store.load(&record.id).await.unwrap(), Some(record.clone()));
        let late = page.set(&session(record.id), b"late", Timeout::DEFAULT, Some(cookie)).await.unwrap();
        assert_eq!(late, Written::Done, "as with ASP.NET, nobody has locked it since");
    });
}

#[test]
fn what_is_no_record_is_not_decoded() {
    with_node(async |node| {
        let store = store(node.address).await;
        let id = Id::default();
        let stored =
            page(node).await.set(&session(id), b"\x14\x00secret", Timeout::DEFAULT, None).await.unwrap();
        assert_eq!(stored, Written::Done);
        match store.load(&id).await {
            Err(Error::Decode(message)) => assert!(!message.contains("secret"), "{message}"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn nobody_there_is_no_absence() {
    let node = Node::start();
    let address = node.address;
    let mut record = record(1);
    run(async { store(address).await.create(&mut record).await.unwrap() });
    drop(node);
    check_backend(run(async { store(address).await.load(&record.id).await }), "cannot get the session");
}

#[test]
fn two_who_save_at_once_both_succeed() {
    with_node(async |node| {
        let store = store(node.address).await.with_wait(Duration::from_secs(60));
        let mut record = record(1);
        store.create(&mut record).await.unwrap();
        let other = Record { data: [("count".to_owned(), 2.into())].into(), ..record.clone() };
        for _ in 0..50 {
            let (one, two) = tokio::join!(store.save(&record), store.save(&other));
            one.unwrap();
            two.unwrap();
        }
        let last = store.load(&record.id).await.unwrap().expect("it is there");
        assert!(last == record || last == other, "{last:?}");
    });
}
