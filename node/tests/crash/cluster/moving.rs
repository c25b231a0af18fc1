//! Sessions follow the ring.

use cloakroom_client::Read;
use cloakroom_ring::State::{Active, Draining};

use super::group::Group;
use crate::client::{get, set};

const SESSIONS: usize = 300;

/// Every session is what it was, whoever is asked.
#[track_caller]
fn check_all(group: &Group, through: &[usize]) {
    for number in 0..SESSIONS {
        let node = &group.members[through[number % through.len()]];
        match get(&node.state, number) {
            Ok(Read::Found(item)) => assert_eq!(item.body, number.to_string().into_bytes()),
            other => panic!("session {number} through {}: {other:?}", node.name),
        }
    }
}

#[test]
fn sessions_move_to_newcomers_and_away_from_those_who_leave() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active), (1, Active)]);
    for number in 0..SESSIONS {
        let written = set(&group.members[number % 2].state, number, number.to_string().as_bytes());
        assert!(written.is_ok(), "{written:?}");
    }
    let held = |group: &Group| group.members.iter().map(|node| node.sessions()).collect::<Vec<_>>();
    assert_eq!(held(&group).iter().sum::<u64>(), SESSIONS as u64);

    group.add();
    group.write(&[(0, Active), (1, Active), (2, Active)]);
    // While they move, and when they have.
    check_all(&group, &[0, 1]);
    group.settle();
    check_all(&group, &[2, 0, 1]);
    let after = held(&group);
    assert_eq!(after.iter().sum::<u64>(), SESSIONS as u64, "each once: {after:?}");
    assert!(after.iter().all(|sessions| *sessions > 50), "{after:?}");

    group.write(&[(0, Draining), (1, Active), (2, Active)]);
    check_all(&group, &[0, 1, 2]);
    group.settle();
    check_all(&group, &[0, 1, 2]);
    assert_eq!(held(&group)[0], 0);
    group.kill(0);
    group.publish(&[(1, Active), (2, Active)]);
    check_all(&group, &[1, 2]);
}

#[test]
fn what_was_handed_over_does_not_come_back_with_a_restart() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active)]);
    for number in 0..SESSIONS {
        assert!(set(&group.members[0].state, number, b"old").is_ok());
    }
    group.publish(&[(0, Draining), (1, Active)]);
    for number in 0..SESSIONS {
        assert!(set(&group.members[0].state, number, number.to_string().as_bytes()).is_ok());
    }
    group.kill(0);
    group.restart(0);
    assert_eq!(group.members[0].sessions(), 0);
    group.publish(&[(0, Active), (1, Draining)]);
    check_all(&group, &[0, 1]);
}
