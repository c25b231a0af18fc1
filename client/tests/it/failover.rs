//! What a client does when nodes fail, and that no write is done twice.

use std::time::Duration;

use cloakroom_client::{
    Cause, Client, Cluster, Discovery, Failure, Read, Retry, Settings, Side, Timeout, Written,
};

use crate::seen::Seen;
use crate::world::Fault::{AsksAgain, Closes, DoesAndCloses, KeepsSilent, None, Says};
use crate::world::{Fault, Server, Sessions, client, session, settings};

const MINUTES: Timeout = Timeout::DEFAULT;

/// Two servers that share their sessions, the one that the session's requests go to first, and a client.
async fn two(settings: Settings) -> (Server, Server, Client, Seen) {
    let (sessions, seen) = (Sessions::default(), Seen::default());
    let (one, other) = (Server::start(&sessions).await, Server::start(&sessions).await);
    let client = client(&[&one, &other], settings, seen.clone()).await;
    let first = client.locate(&session())[0].servers[0].address;
    if one.address == first { (one, other, client, seen) } else { (other, one, client, seen) }
}

/// `faults` at the node that is asked first, during a read; then what nodes were asked.
async fn check_read(faults: &[Fault], first: &[&str], second: &[&str]) {
    let (one, other, client, _) = two(settings()).await;
    let _ = client.put(&session(), b"one", MINUTES).await.unwrap();
    let _ = one.asked();
    one.fails(faults.iter().copied());
    let Read::Found(item) = client.get(&session()).await.unwrap() else { panic!("it is there") };
    assert_eq!(item.body, b"one", "{faults:?}");
    assert_eq!((one.asked().as_slice(), other.asked().as_slice()), (first, second), "{faults:?}");
}

#[tokio::test]
async fn a_read_is_tried_three_times_and_then_elsewhere() {
    check_read(&[], &["get"], &[]).await;
    check_read(&[Closes], &["get", "get"], &[]).await;
    check_read(&[Closes, Closes], &["get", "get", "get"], &[]).await;
    check_read(&[Closes, Closes, Closes], &["get", "get", "get"], &["get"]).await;
    check_read(&[Says("SSH-2.0\n"), Closes], &["get", "get", "get"], &[]).await;
    // Three silences would be three times as long.
    check_read(&[KeepsSilent], &["get"], &["get"]).await;
    // To be held is no failure, and elsewhere it would be the same.
    check_read(&[AsksAgain, AsksAgain, AsksAgain, AsksAgain], &["get", "get", "get", "get", "get"], &[])
        .await;
}

#[tokio::test]
async fn a_node_that_is_gone_is_passed_over_until_it_is_back() {
    let mut settings = settings();
    settings.rest = Duration::from_millis(50);
    let (mut one, other, client, seen) = two(settings).await;
    let _ = client.put(&session(), b"one", MINUTES).await.unwrap();
    one.stop().await;
    let _ = one.asked();
    for _ in 0..3 {
        assert!(matches!(client.get(&session()).await.unwrap(), Read::Found(_)));
    }
    assert_eq!((seen.count("passed over"), other.asked().len()), (1, 3));
    one.restart().await;
    while one.asked().is_empty() {
        assert!(matches!(client.get(&session()).await.unwrap(), Read::Found(_)));
    }
    assert_eq!(seen.count("asked again"), 1);
}

#[tokio::test]
async fn a_write_that_was_not_sent_goes_elsewhere() {
    let (mut one, other, client, _) = two(settings()).await;
    one.stop().await;
    assert_eq!(client.put(&session(), b"one", MINUTES).await.unwrap(), Written::Done);
    assert_eq!(other.asked(), ["put"]);
}

/// A write without a lock whose answer is lost: by `fault`, of a session that holds `before`.
async fn check_lost_put(fault: Fault, done: bool) {
    let (one, _, client, _) = two(settings()).await;
    let _ = client.put(&session(), b"before", MINUTES).await.unwrap();
    let _ = one.asked();
    one.fails([fault]);
    let written = client.put(&session(), b"after", MINUTES).await;
    // It looks, and never writes again.
    assert_eq!(one.asked(), ["put", "get"], "{fault:?}");
    match written {
        Ok(Written::Done) => assert!(done, "{fault:?}"),
        Err(failure) => {
            assert_eq!(
                (failure.retry(), failure.side(), done),
                (Retry::LookFirst, Side::Network, false),
                "{failure}"
            );
        }
        other => panic!("{fault:?}: {other:?}"),
    }
}

#[tokio::test]
async fn a_lost_write_without_a_lock_is_looked_at() {
    check_lost_put(DoesAndCloses, true).await;
    check_lost_put(Closes, false).await;
}

/// A write under a lock, with these faults at the first node; what it then was asked and what was answered.
async fn check_locked_put(faults: &[Fault], asked: &[&str], done: bool) {
    let (one, _, client, _) = two(settings()).await;
    let _ = client.put(&session(), b"before", MINUTES).await.unwrap();
    let Read::Found(lock) = client.lock(&session()).await.unwrap() else { panic!("it is there") };
    let _ = one.asked();
    one.fails(faults.iter().copied());
    let written = lock.put(b"after", MINUTES).await;
    assert_eq!(&one.asked()[..asked.len()], asked, "{faults:?}");
    match written {
        Ok(written) => assert_eq!((written, done), (Written::Done, true), "{faults:?}"),
        Err(failure) => assert_eq!((failure.retry(), done), (Retry::LookFirst, false), "{failure}"),
    }
    if done {
        let Read::Found(item) = client.get(&session()).await.unwrap() else {
            panic!("it is there, and free")
        };
        assert_eq!(item.body, b"after", "{faults:?}");
    }
}

#[tokio::test]
async fn a_lost_write_under_a_lock_is_done_once() {
    check_locked_put(&[DoesAndCloses], &["put", "get"], true).await;
    check_locked_put(&[Closes], &["put", "get", "put"], true).await;
    check_locked_put(&[Closes, None, DoesAndCloses], &["put", "get", "put", "get"], true).await;
    check_locked_put(&[Closes, AsksAgain, Closes, None], &["put", "get", "get", "get", "put"], true).await;
    // Broken in between: the first may have been done.
    let broken = Says("423 Locked\nLockAge: 0\nLockCookie: 9\nContent-Length: 0\n\n");
    check_locked_put(&[Closes, None, broken], &["put", "get", "put"], false).await;
    check_locked_put(
        &[Closes, None, Closes, None, Closes],
        &["put", "get", "put", "get", "put", "get"],
        false,
    )
    .await;
}

#[tokio::test]
async fn a_lost_write_whose_lock_was_broken_is_not_guessed() {
    // What somebody has put there meanwhile, and whether it can be known that it is done. The content of before proves
    // nothing: ours may have been stored, and somebody may have undone it.
    for (meanwhile, done) in [(&b"before"[..], false), (b"others", false), (b"after", true)] {
        let (one, _, client, seen) = two(settings()).await;
        let _ = client.put(&session(), b"before", MINUTES).await.unwrap();
        let Read::Found(lock) = client.lock(&session()).await.unwrap() else { panic!("it is there") };
        let mut other = client.visit(&session(), Option::None);
        let _ = other.release(lock.cookie()).await.unwrap();
        let _ = other.put(meanwhile, MINUTES).await.unwrap();
        let _ = one.asked();
        one.fails([Closes]);
        let written = lock.put(b"after", MINUTES).await;
        assert_eq!(written.is_ok(), done, "{written:?}");
        assert_eq!(&one.asked()[..2], ["put", "get"]);
        assert_eq!((seen.count("put failed"), seen.count("lock dropped")), (usize::from(!done), 0));
        let Read::Found(item) = client.get(&session()).await.unwrap() else { panic!("it is there") };
        assert_eq!(item.body, meanwhile);
    }
}

#[tokio::test]
async fn nothing_is_sent_when_there_is_no_time_left() {
    let mut settings = settings();
    (settings.total, settings.pause) = (Duration::from_millis(100), Duration::from_millis(250));
    settings.pause_max = settings.pause;
    let (one, _, client, _) = two(settings.clone()).await;
    let _ = client.put(&session(), b"one", MINUTES).await.unwrap();
    let Read::Found(lock) = client.lock(&session()).await.unwrap() else { panic!("it is there") };
    let _ = one.asked();
    one.fails([Closes]);
    let lost = lock.put(b"two", MINUTES).await.unwrap_err();
    assert_eq!((lost.retry(), &one.asked()[..2]), (Retry::LookFirst, &["put", "get"][..]));

    settings.total = Duration::from_nanos(1);
    let (one, _, client, _) = two(settings).await;
    let late = client.put(&session(), b"one", MINUTES).await.unwrap_err();
    assert!(matches!(late.cause(), Cause::Late) && late.retry() == Retry::Safe, "{late}");
    assert!(one.asked().is_empty());
}

#[tokio::test]
async fn looks_and_repetitions_are_paid_for_too() {
    let mut settings = settings();
    (settings.retry_percent, settings.retry_reserve) = (0, 2);
    let (one, _, client, seen) = two(settings).await;
    for _ in 0..3 {
        one.fails([Closes]);
        assert!(client.put(&session(), b"one", MINUTES).await.is_err());
    }
    assert_eq!((one.asked(), seen.count("budget spent")), (vec!["put", "get", "put", "get", "put"], 1));
}

#[tokio::test]
async fn a_lost_release_and_a_lost_removal_are_settled_too() {
    let (one, _, client, _) = two(settings()).await;
    let lock = async || match client.lock(&session()).await.unwrap() {
        Read::Found(lock) => lock,
        other => panic!("{other:?}"),
    };
    let _ = client.put(&session(), b"one", MINUTES).await.unwrap();
    for (faults, asked) in
        [(&[Closes][..], &["release", "get", "release"][..]), (&[DoesAndCloses], &["release", "get"])]
    {
        let held = lock().await;
        let _ = one.asked();
        one.fails(faults.iter().copied());
        assert_eq!(held.release().await.unwrap(), Written::Done);
        assert_eq!(one.asked(), asked);
    }
    let held = lock().await;
    let _ = one.asked();
    one.fails([Closes]);
    assert_eq!(held.remove().await.unwrap(), Written::Done);
    assert_eq!(one.asked(), ["remove", "get", "remove"]);
    let _ = client.put(&session(), b"two", MINUTES).await.unwrap();
    one.fails([DoesAndCloses]);
    assert_eq!(client.remove(&session()).await.unwrap(), Written::Done);
}

/// What becomes of a read when every node does the same, all the time.
async fn check_failure(fault: Fault, cause: &str, side: Side, retry: Retry) -> Failure {
    let mut settings = settings();
    settings.total = Duration::from_millis(400);
    let (one, other, client, seen) = two(settings).await;
    for server in [&one, &other] {
        server.fails([fault; 500]);
    }
    let failure = client.get(&session()).await.unwrap_err();
    assert!(failure.to_string().contains(cause), "{failure}");
    assert_eq!((failure.side(), failure.retry()), (side, retry), "{failure}");
    assert_eq!((seen.count("get failed"), seen.count("get answered")), (1, 0));
    failure
}

#[tokio::test]
async fn a_failure_says_whose_fault_it_is_and_what_to_do() {
    let closed =
        check_failure(Closes, "no node answered, at last: the server closed", Side::Network, Retry::Safe)
            .await;
    assert!(matches!(closed.cause(), Cause::Unanswered(_)) && closed.attempts() > 3, "{closed}");
    let held =
        check_failure(AsksAgain, "is away, and the others wait for it", Side::Server, Retry::Safe).await;
    assert!(matches!(held.cause(), Cause::Held), "{held}");
    let garbage =
        check_failure(Says("SSH-2.0\n"), "is this a session node?", Side::Server, Retry::Never).await;
    assert!(garbage.to_string().ends_with("see which program listens at the address"), "{garbage}");
    let refused = Says("400 Bad Request\nContent-Length: 0\n\n");
    let refused = check_failure(refused, "refused the request (400)", Side::Caller, Retry::Never).await;
    assert_eq!(refused.attempts(), 1);

    let mut settings = settings();
    settings.total = Duration::from_millis(200);
    let (mut one, mut other, client, _) = two(settings).await;
    let empty = client.put(&session(), b"", MINUTES).await.unwrap_err();
    assert_eq!((empty.side(), empty.retry()), (Side::Caller, Retry::Never), "{empty}");
    one.stop().await;
    other.stop().await;
    let gone = client.put(&session(), b"one", MINUTES).await.unwrap_err();
    assert!(matches!(gone.cause(), Cause::Unreachable(_)) && gone.retry() == Retry::Safe, "{gone}");
}

#[tokio::test]
async fn when_all_fail_only_the_budget_is_spent() {
    let mut settings = settings();
    (settings.retry_percent, settings.retry_reserve) = (0, 4);
    let (one, other, client, seen) = two(settings).await;
    for server in [&one, &other] {
        server.fails([Closes; 50]);
    }
    for _ in 0..10 {
        let failure = client.get(&session()).await.unwrap_err();
        assert!(failure.to_string().contains("no more because most requests fail"), "{failure}");
    }
    let asked = one.asked().len() + other.asked().len();
    // Ten first tries, the four saved, and what time has granted since.
    assert!((14..=18).contains(&asked), "{asked}");
    assert_eq!(seen.count("budget spent"), 10);
}

#[tokio::test]
async fn the_owner_is_asked_if_the_ring_is_known() {
    let sessions = Sessions::default();
    let (one, other) = (Server::start(&sessions).await, Server::start(&sessions).await);
    let member = |name: &str, server: &Server| {
        let address = server.address;
        format!(r#"{{"name": "{name}", "address": "{address}", "clients": "{address}", "state": "Active"}}"#)
    };
    let ring = format!(
        r#"{{"cluster": "test", "epoch": 3, "members": [{}, {}]}}"#,
        member("n0", &one),
        member("n1", &other)
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ring.json");
    std::fs::write(&file, &ring).unwrap();
    let cluster_of_ring = Cluster::new(Discovery::ring_file(&file));
    let client = Client::builder().cluster(cluster_of_ring).settings(settings()).build().await.unwrap();
    let placement =
        cloakroom_ring::Placement::new(cloakroom_ring::Ring::from_json(&ring).unwrap().into(), "");
    let owner = [&one, &other][placement.owner(session().key_hash())];
    let located = client.locate(&session());
    assert_eq!((located[0].epoch, located[0].servers[0].address), (Some(3), owner.address));
    let _ = client.put(&session(), b"one", MINUTES).await.unwrap();
    assert_eq!(owner.asked(), ["put"]);
}
