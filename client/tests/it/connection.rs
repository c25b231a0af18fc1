//! Every operation, and what the node's answers come to.

use cloakroom_client::{Connection, Held, Item, Lock, Read, Session, Timeout, Written};

use crate::script::Node;
use crate::script::Then::{Answers, KeepsSilent};

const OK: &str = "200 OK\nX-AspNet-Version: 4.0.30319\nCache-Control: private\nContent-Length: 0\n\n";
const ABSENT: &str =
    "404 Not Found\nX-AspNet-Version: 4.0.30319\nCache-Control: private\nContent-Length: 0\n\n";
const LOCKED: &str = "423 Locked\nX-AspNet-Version: 4.0.30319\nLockDate: 638400000000000000\nLockAge: 5\n\
                      LockCookie: 9\nCache-Control: private\nContent-Length: 0\n\n";
const ITEM: &str =
    "200 OK\nX-AspNet-Version: 4.0.30319\nTimeout: 30\nCache-Control: private\nContent-Length: 5\n\nhello";
const GRANTED: &str = "200 OK\nX-AspNet-Version: 4.0.30319\nActionFlags: 1\nLockCookie: 2\nTimeout: 30\n\
                       Cache-Control: private\nContent-Length: 5\n\nhello";

const LOCK: Lock = Lock { cookie: 9, age_seconds: 5 };

fn session() -> Session {
    Session::new("/LM/W3SVC/1/ROOT", "s").unwrap()
}

fn item(initialise: bool) -> Item {
    Item { body: b"hello".to_vec(), timeout: Timeout::from_minutes(30).unwrap(), initialise }
}

#[tokio::test]
async fn reads() {
    let node = Node::plays([
        ("GET", Answers(ITEM)),
        ("GET", Answers(LOCKED)),
        ("GET", Answers(ABSENT)),
        ("GET Exclusive: acquire", Answers(GRANTED)),
        ("GET Exclusive: acquire", Answers(LOCKED)),
        ("GET Exclusive: acquire", Answers(ABSENT)),
    ]);
    let mut client = Connection::connect(&node.address).await.unwrap();
    assert_eq!(client.get(&session()).await.unwrap(), Read::Found(item(false)));
    assert_eq!(client.get(&session()).await.unwrap(), Read::Locked(LOCK));
    assert_eq!(client.get(&session()).await.unwrap(), Read::Absent);
    let held = Held { item: item(true), cookie: 2 };
    assert_eq!(client.get_exclusive(&session()).await.unwrap(), Read::Found(held));
    assert_eq!(client.get_exclusive(&session()).await.unwrap(), Read::Locked(LOCK));
    assert_eq!(client.get_exclusive(&session()).await.unwrap(), Read::Absent);
    node.finish();
}

#[tokio::test]
async fn writes() {
    let node = Node::plays([
        ("PUT Timeout:20,Content-Length:5,ExtraFlags:0,LockCookie:0|hello", Answers(OK)),
        ("PUT Timeout:20,Content-Length:5,ExtraFlags:0,LockCookie:2|hello", Answers(LOCKED)),
        ("GET Exclusive: release,LockCookie:2", Answers(OK)),
        ("DELETE LockCookie:0", Answers(LOCKED)),
        ("DELETE LockCookie:9", Answers(OK)),
        ("HEAD", Answers(OK)),
        ("HEAD", Answers(ABSENT)),
    ]);
    let mut client = Connection::connect(&node.address).await.unwrap();
    let session = session();
    assert_eq!(client.set(&session, b"hello", Timeout::DEFAULT, None).await.unwrap(), Written::Done);
    assert_eq!(
        client.set(&session, b"hello", Timeout::DEFAULT, Some(2)).await.unwrap(),
        Written::Locked(LOCK)
    );
    assert_eq!(client.release(&session, 2).await.unwrap(), Written::Done);
    assert_eq!(client.remove(&session, None).await.unwrap(), Written::Locked(LOCK));
    assert_eq!(client.remove(&session, Some(9)).await.unwrap(), Written::Done);
    assert_eq!(client.touch(&session).await.unwrap(), Written::Done);
    assert_eq!(client.touch(&session).await.unwrap(), Written::Absent);
    node.finish();
}

#[tokio::test]
async fn a_connection_is_open_until_either_side_is_through() {
    let node = Node::plays([("HEAD", Answers(OK))]);
    let mut client = Connection::connect(&node.address).await.unwrap();
    assert!(client.is_open());
    assert_eq!(client.touch(&session()).await.unwrap(), Written::Done);
    node.finish();
    assert!(!client.is_open(), "the node has closed it");

    let node = Node::plays([("HEAD", KeepsSilent)]);
    let connected = Connection::connect(&node.address).await.unwrap();
    let mut client = connected.with_deadline(std::time::Duration::from_millis(50));
    client.touch(&session()).await.unwrap_err();
    assert!(!client.is_open(), "an answer may still come");
}
