//! What each failure is called, whose fault it is, and that no answer is taken for another's.

use std::net::TcpListener;
use std::time::Duration;

use cloakroom_client::{Connection, Error, Session, Side, Timeout, Written};

use crate::script::{Node, Then};

fn session() -> Session {
    Session::new("/LM/W3SVC/1/ROOT", "s").unwrap()
}

/// Acquires from a node that does `then`, checks the error, and that the connection is spent.
async fn check(then: Then, expected: &str, side: Side, unknown: bool) {
    let node = Node::plays([("GET Exclusive: acquire", then)]);
    let connected = Connection::connect(&node.address).await.unwrap();
    let mut client = connected.with_deadline(Duration::from_millis(300));
    let error = client.get_exclusive(&session()).await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.side(), error.outcome_unknown()),
        (expected, side, unknown)
    );
    assert!(matches!(client.touch(&session()).await, Err(Error::Interrupted)));
    drop(client);
    node.finish();
}

#[tokio::test]
async fn of_the_network() {
    const CLOSED: &str = "the server closed the connection before it answered";
    check(Then::Answers(""), CLOSED, Side::Network, true).await;
    check(Then::Answers("200 OK\nContent-Length: 7\n\nhalf"), CLOSED, Side::Network, true).await;
    check(Then::KeepsSilent, "no answer within 300ms", Side::Network, true).await;
}

#[tokio::test]
async fn of_the_server() {
    let faults = [
        (
            Then::Answers("SSH-2.0-x\n"),
            "the answer cannot be read: the first line is not a status such as `200 OK`: is this a session node?",
        ),
        (
            Then::Answers("500 Oops\nContent-Length: 0\n\n"),
            "the server answered with status 500, which means nothing here",
        ),
        (
            Then::Answers("200 OK\nTimeout: 20\nContent-Length: 1\n\nx"),
            "the answer has no valid LockCookie header",
        ),
        (
            Then::Answers("200 OK\nLockCookie: 2\nContent-Length: 1\n\nx"),
            "the answer has no valid Timeout header",
        ),
        (
            Then::Answers("404 Not Found\nContent-Length: 0\n\n404"),
            "the server sent more than it was asked for",
        ),
        (
            Then::Answers("404 Not Found\nX-AspNet-Version: 1.1.4322\nContent-Length: 0\n\n"),
            "the server is older than .NET 2.0: its X-AspNet-Version is below 2",
        ),
    ];
    for (then, expected) in faults {
        check(then, expected, Side::Server, true).await;
    }
}

#[tokio::test]
async fn of_the_caller() {
    let refused = Then::Answers("400 Bad Request\nContent-Length: 0\n\n");
    check(refused, "the server runs but refused the request (400)", Side::Caller, false).await;

    let node = Node::plays([("HEAD", Then::Answers("200 OK\nContent-Length: 0\n\n"))]);
    let mut client = Connection::connect(&node.address).await.unwrap();
    let error = client.set(&session(), b"", Timeout::DEFAULT, None).await.unwrap_err();
    assert!(matches!(error, Error::EmptyBody));
    assert_eq!((error.side(), error.outcome_unknown()), (Side::Caller, false));
    assert_eq!(client.touch(&session()).await.unwrap(), Written::Done);
    node.finish();
}

#[tokio::test]
async fn to_connect() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let error = Connection::connect(&address).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot connect to {address}: ")), "{error}");
    assert_eq!((error.side(), error.outcome_unknown()), (Side::Network, false));
}

#[tokio::test]
async fn of_a_dropped_request_spend_the_connection() {
    let node = Node::plays([("HEAD", Then::KeepsSilent)]);
    let mut client = Connection::connect(&node.address).await.unwrap();
    let session = session();
    tokio::select! {
        biased;
        answer = client.touch(&session) => panic!("{answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    assert!(matches!(client.get(&session).await, Err(Error::Interrupted)));
    drop(client);
    node.finish();
}
