//! Connections: bounded, used again, and never kept longer than they are good.

use std::time::Duration;

use cloakroom_client::{Cause, Retry, Side, Timeout, Written};

use crate::seen::Seen;
use crate::world::{Fault, Server, Sessions, client, eventually, session, settings};

#[tokio::test]
async fn connections_are_used_again_and_bounded() {
    let (server, seen) = (Server::start(&Sessions::default()).await, Seen::default());
    let mut settings = settings();
    (settings.connections, settings.connection_wait) = (2, Duration::from_millis(20));
    let client = client(&[&server], settings, seen.clone()).await;
    for _ in 0..3 {
        assert_eq!(client.touch(&session()).await.unwrap(), Written::Absent);
    }
    assert_eq!(server.connections(), 1);
    server.fails([Fault::KeepsSilent; 2]);
    let _ = server.asked();
    let session = session();
    let silent = async || client.put(&session, b"x", Timeout::DEFAULT).await;
    let (one, two, third) = tokio::join!(biased; silent(), silent(), async {
        eventually("both are in use", || server.asked().len() == 2).await;
        client.touch(&session).await.unwrap_err()
    });
    assert!(one.is_err() && two.is_err());
    assert!(matches!(third.cause(), Cause::Busy { limit: 2, .. }), "{third}");
    assert_eq!((third.side(), third.retry(), third.attempts()), (Side::Caller, Retry::Safe, 1));
    assert!(third.to_string().contains("raise Settings::connections"), "{third}");
    assert_eq!(seen.count("pool exhausted"), 1);
}

#[tokio::test]
async fn a_node_without_a_connection_to_spare_is_left_for_another() {
    let sessions = Sessions::default();
    let (one, other) = (Server::start(&sessions).await, Server::start(&sessions).await);
    let mut settings = settings();
    (settings.connections, settings.connection_wait) = (1, Duration::from_millis(20));
    let client = client(&[&one, &other], settings, Seen::default()).await;
    let first = client.locate(&session())[0].servers[0].address;
    let first = [&one, &other].into_iter().find(|server| server.address == first).unwrap();
    first.fails([Fault::KeepsSilent]);
    let session = session();
    let (silent, elsewhere) = tokio::join!(biased; client.put(&session, b"x", Timeout::DEFAULT), async {
        eventually("it is in use", || first.asked().len() == 1).await;
        client.touch(&session).await
    });
    assert!(silent.is_err());
    assert_eq!(elsewhere.unwrap(), Written::Absent);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let (mut server, seen) = (Server::start(&Sessions::default()).await, Seen::default());
    let client = client(&[&server], settings(), seen.clone()).await;
    assert_eq!(client.touch(&session()).await.unwrap(), Written::Absent);
    server.stop().await;
    server.restart().await;
    assert_eq!(client.put(&session(), b"x", Timeout::DEFAULT).await.unwrap(), Written::Done);
    assert_eq!((server.connections(), seen.count("try failed")), (2, 0));
}

#[tokio::test]
async fn a_connection_that_nobody_needs_is_closed() {
    let server = Server::start(&Sessions::default()).await;
    let mut settings = settings();
    settings.idle = Duration::from_millis(10);
    let client = client(&[&server], settings, Seen::default()).await;
    assert_eq!(client.touch(&session()).await.unwrap(), Written::Absent);
    eventually("the server sees it closed", || server.open() == 0).await;
    assert_eq!(client.touch(&session()).await.unwrap(), Written::Absent);
}
