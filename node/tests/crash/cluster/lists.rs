//! Each node lists its share, all of them together list all, and a lock is broken wherever it is.

use std::collections::BTreeSet;

use cloakroom_client::{Connection, Read};
use cloakroom_ring::State::Active;
use serde_json::{Value, json};

use super::admin;
use super::group::Group;
use crate::client::{APPLICATION, block_on, get, id, key, session, set};

const SESSIONS: usize = 60;

/// What one node lists.
#[track_caller]
fn list(group: &Group, node: usize, path: &str) -> Value {
    let (status, body) = admin::ask(&group.members[node].admin, "GET", path, "", "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("it is JSON")
}

fn strings(page: &Value, column: &str) -> Vec<String> {
    let rows = page["sessions"].as_array().expect("a list");
    rows.iter().map(|row| row[column].as_str().expect("text").to_owned()).collect()
}

#[test]
fn every_session_is_in_one_list_and_its_hash_stays_when_it_moves() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active)]);
    for number in 0..SESSIONS {
        assert!(set(&group.members[0].state, number, b"secret").is_ok());
    }
    let before = list(&group, 0, "/sessions/largest?limit=1000&ids=true");
    assert_eq!((&before["total"], &before["partial"]), (&json!(SESSIONS), &Value::Null));
    let expected: BTreeSet<_> = (0..SESSIONS).map(id).collect();
    assert_eq!(strings(&before, "id").into_iter().collect::<BTreeSet<_>>(), expected);

    group.publish(&[(0, Active), (1, Active)]);
    let after = [0, 1].map(|node| list(&group, node, "/sessions/largest?limit=1000"));
    assert!(after.iter().all(|page| page["total"] != 0 && page["partial"].is_null()), "{after:?}");
    let hashes = after.iter().flat_map(|page| strings(page, "hash")).collect::<Vec<_>>();
    assert_eq!(hashes.len(), SESSIONS, "each once");
    assert_eq!(BTreeSet::from_iter(hashes), BTreeSet::from_iter(strings(&before, "hash")));
    assert!(!after.iter().any(|page| page.to_string().contains("secret")));
}

#[test]
fn a_lock_is_listed_by_its_owner_and_broken_through_any_node() {
    let mut group = Group::start(2);
    group.publish(&[(0, Active), (1, Active)]);
    let (owner, session) = (group.owner(&key(7)), session(7));
    assert!(set(&group.members[owner].state, 7, b"content").is_ok());
    let cookie = block_on(async {
        let mut holder = Connection::connect(&group.members[owner].state).await.unwrap();
        match holder.get_exclusive(&session).await.unwrap() {
            Read::Found(held) => held.cookie,
            other => panic!("{other:?}"),
        }
    });
    let other = 1 - owner;
    assert_eq!(list(&group, other, "/sessions/locked")["total"], 0);
    let listed = list(&group, owner, "/sessions/locked?ids=true");
    assert_eq!(
        (strings(&listed, "id"), &listed["sessions"][0]["lock"]["cookie"]),
        (vec![id(7)], &json!(cookie))
    );

    let broken = json!({"app": APPLICATION, "id": id(7), "cookie": cookie}).to_string();
    let (status, said) = admin::ask(&group.members[other].admin, "POST", "/sessions/break", "", &broken);
    assert_eq!(status, 200, "{said}");
    assert!(matches!(get(&group.members[owner].state, 7), Ok(Read::Found(_))));
}
