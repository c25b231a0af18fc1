//! What the verbs do where nothing fails, and that no lock is forgotten.

use std::time::Duration;

use cloakroom_client::{Client, Read, Timeout, Written};

use crate::seen::Seen;
use crate::world::{Fault, Server, Sessions, client, eventually, session, settings};

const MINUTES: Timeout = Timeout::DEFAULT;

async fn one() -> (Server, Client, Seen) {
    let (server, seen) = (Server::start(&Sessions::default()).await, Seen::default());
    let client = client(&[&server], settings(), seen.clone()).await;
    (server, client, seen)
}

#[tokio::test]
async fn a_session_from_first_to_last() {
    let (_server, client, seen) = one().await;
    let session = session();
    assert_eq!(client.get(&session).await.unwrap(), Read::Absent);
    assert_eq!(client.touch(&session).await.unwrap(), Written::Absent);
    assert_eq!(client.put(&session, b"one", MINUTES).await.unwrap(), Written::Done);
    let Read::Found(lock) = client.lock(&session).await.unwrap() else { panic!("it is there") };
    assert_eq!((lock.body.as_slice(), lock.cookie()), (&b"one"[..], 2));
    assert!(matches!(client.get(&session).await.unwrap(), Read::Locked(other) if other.cookie == 2));
    assert!(matches!(client.put(&session, b"x", MINUTES).await.unwrap(), Written::Locked(_)));
    assert!(matches!(client.remove(&session).await.unwrap(), Written::Locked(_)));
    assert_eq!(lock.put(b"two", MINUTES).await.unwrap(), Written::Done);
    let Read::Found(item) = client.get(&session).await.unwrap() else { panic!("it is not locked any more") };
    assert_eq!(item.body, b"two");
    assert_eq!(client.remove(&session).await.unwrap(), Written::Done);
    assert_eq!(client.get(&session).await.unwrap(), Read::Absent);
    assert_eq!(
        (seen.count("get answered"), seen.count("put answered"), seen.count("lock dropped")),
        (4, 3, 0)
    );
}

#[tokio::test]
async fn a_lock_ends_as_its_guard_is_told() {
    let (server, client, seen) = one().await;
    let session = session();
    let lock = async || match client.lock(&session).await.unwrap() {
        Read::Found(lock) => lock,
        other => panic!("{other:?}"),
    };
    let _ = client.put(&session, b"one", MINUTES).await.unwrap();
    assert_eq!(lock().await.release().await.unwrap(), Written::Done);
    drop(lock().await);
    eventually("it is given up", || seen.count("release answered") == 2).await;
    assert_eq!(seen.count("lock dropped"), 1);
    let held = lock().await.into_held();
    let mut visit = client.visit(&session, None);
    assert!(matches!(visit.get().await.unwrap(), Read::Locked(other) if other.cookie == held.cookie));
    assert_eq!(visit.put_under(held.cookie, b"two", MINUTES).await.unwrap(), Written::Done);
    let held = lock().await.into_held();
    assert_eq!(visit.release(held.cookie).await.unwrap(), Written::Done);
    let held = lock().await.into_held();
    assert_eq!(visit.remove_under(held.cookie).await.unwrap(), Written::Done);
    assert_eq!((seen.count("lock dropped"), server.connections()), (1, 1));
}

#[tokio::test]
async fn a_lock_that_nobody_waits_for_is_given_up() {
    let (server, client, seen) = one().await;
    let session = session();
    let _ = client.put(&session, b"one", MINUTES).await.unwrap();
    tokio::select! {
        biased;
        lock = client.lock(&session) => panic!("{lock:?}"),
        () = tokio::task::yield_now() => {}
    }
    eventually("it is given up", || seen.count("release answered") == 1).await;
    assert_eq!(server.asked(), ["put", "lock", "release"]);
    assert!(matches!(client.get(&session).await.unwrap(), Read::Found(_)));
}

#[tokio::test]
async fn a_write_that_is_dropped_gives_its_lock_up() {
    let (server, client, seen) = one().await;
    let session = session();
    let _ = client.put(&session, b"one", MINUTES).await.unwrap();
    let Read::Found(lock) = client.lock(&session).await.unwrap() else { panic!("it is there") };
    server.fails([Fault::KeepsSilent]);
    let _ = server.asked();
    tokio::select! {
        biased;
        written = lock.put(b"two", MINUTES) => panic!("{written:?}"),
        () = eventually("it is asked for", || server.asked().contains(&"put")) => {}
    }
    eventually("it is given up", || seen.count("release answered") == 1).await;
    let Read::Found(item) = client.get(&session).await.unwrap() else { panic!("it is not locked any more") };
    assert_eq!((item.body.as_slice(), seen.count("lock dropped")), (&b"one"[..], 0));
}

#[tokio::test]
async fn who_waits_for_a_lock_gets_it() {
    let (server, client, _) = one().await;
    let session = session();
    let _ = client.put(&session, b"one", MINUTES).await.unwrap();
    let Read::Found(first) = client.lock(&session).await.unwrap() else { panic!("it is there") };
    let short = client.lock_within(&session, Duration::ZERO).await.unwrap();
    assert!(matches!(short, Read::Locked(lock) if lock.cookie == first.cookie()));
    let _ = server.asked();
    let waiting = tokio::spawn({
        let (client, session) = (client.clone(), session.clone());
        async move { client.lock_within(&session, Duration::from_secs(30)).await }
    });
    let mut asked = 0;
    eventually("it asks again", || {
        asked += server.asked().len();
        asked > 2
    })
    .await;
    let _ = first.release().await.unwrap();
    let Read::Found(second) = waiting.await.unwrap().unwrap() else { panic!("it was given up") };
    assert_eq!(second.cookie(), 3);
    let _ = second.release().await.unwrap();
}

#[tokio::test]
async fn nothing_is_printed_of_ids_and_contents() {
    let (_server, client, _) = one().await;
    let session = session();
    let _ = client.put(&session, b"secret", MINUTES).await.unwrap();
    let read = client.get(&session).await.unwrap();
    let lock = client.lock(&session).await.unwrap();
    for shown in [format!("{read:?}"), format!("{lock:?}"), format!("{session:?}"), format!("{client:?}")] {
        let told = shown.contains("115, 101, 99") || shown.contains("secret") || shown.contains("2fs\"");
        assert!(!told, "{shown}");
    }
}
