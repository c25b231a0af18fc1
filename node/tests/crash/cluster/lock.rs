//! A lock goes where its session goes.

use cloakroom_client::{Connection, Read, Timeout, Written};
use cloakroom_ring::State::{Active, Draining};

use super::group::Group;
use crate::client::{block_on, session};

#[test]
fn a_lock_its_cookie_and_its_holder_survive_a_move() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active)]);
    let session = session(7);
    let cookie = block_on(async {
        let mut connection = Connection::connect(&group.members[0].state).await.unwrap();
        let _ = connection.set(&session, b"one", Timeout::DEFAULT, None).await.unwrap();
        match connection.get_exclusive(&session).await.unwrap() {
            Read::Found(held) => held.cookie,
            other => panic!("{other:?}"),
        }
    });
    group.publish(&[(0, Draining), (1, Active)]);
    block_on(async {
        for through in [0, 1] {
            let mut other = Connection::connect(&group.members[through].state).await.unwrap();
            match other.get_exclusive(&session).await.unwrap() {
                Read::Locked(lock) => assert_eq!(lock.cookie, cookie),
                other => panic!("{other:?}"),
            }
        }
        let mut holder = Connection::connect(&group.members[0].state).await.unwrap();
        let written = holder.set(&session, b"two", Timeout::DEFAULT, Some(cookie)).await.unwrap();
        assert!(matches!(written, Written::Done), "{written:?}");
        match holder.get_exclusive(&session).await.unwrap() {
            Read::Found(held) => {
                assert_eq!(held.item.body, b"two");
                assert_ne!(held.cookie, cookie, "no cookie is granted twice");
            }
            other => panic!("{other:?}"),
        }
    });
}
