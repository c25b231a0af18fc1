//! A node dies and comes back.

use cloakroom_client::{Error, Read};
use cloakroom_ring::State::Active;
use std::thread;

use super::group::Group;
use crate::client::{get, key, set};
use crate::patience::eventually;

/// A session that the second node owns.
fn owned_by_second(group: &Group) -> usize {
    (0..).find(|number| group.owner(&key(*number)) == 1).expect("it owns half of them")
}

#[test]
fn nobody_is_told_that_a_session_is_absent_while_its_node_is_away() {
    let mut group = Group::start(3);
    group.publish(&[(0, Active), (1, Active), (2, Active)]);
    let number = owned_by_second(&group);
    assert!(set(&group.members[0].state, number, b"before").is_ok());
    group.kill(1);
    // A read is told to ask again, with a cookie that no lock has.
    match get(&group.members[0].state, number) {
        Ok(Read::Locked(lock)) => assert_eq!(lock.cookie, 0),
        other => panic!("{other:?}"),
    }
    // A write waits, and goes through when the node is back.
    let through = group.members[2].state.clone();
    let writing = thread::spawn(move || set(&through, number, b"after"));
    group.restart(1);
    let written = writing.join().expect("it ends");
    assert!(matches!(written, Ok(_) | Err(Error::Closed | Error::Io { .. })), "{written:?}");
    eventually("the session is served again", || match get(&group.members[0].state, number) {
        Ok(Read::Found(item)) => item.body == if written.is_ok() { &b"after"[..] } else { b"before" },
        Ok(Read::Locked(_)) => false,
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_node_that_is_cut_off_from_the_majority_does_not_serve() {
    let mut group = Group::start(3);
    group.publish(&[(0, Active), (1, Active), (2, Active)]);
    let number = owned_by_second(&group);
    assert!(set(&group.members[1].state, number, b"kept").is_ok());
    group.kill(0);
    assert!(
        matches!(get(&group.members[1].state, number), Ok(Read::Found(_))),
        "two of three are a majority"
    );
    group.kill(2);
    eventually("it has noticed", || matches!(get(&group.members[1].state, number), Ok(Read::Locked(_))));
    group.restart(0);
    eventually("it serves again", || matches!(get(&group.members[1].state, number), Ok(Read::Found(_))));
}
