//! The client that knows the ring: it asks owners, and its users notice nothing of a node that is killed.

use cloakroom_client::{Client, Cluster, Discovery, LockGuard, Read, Timeout, Written};
use cloakroom_ring::State::Active;
use tokio::task::JoinSet;

use super::admin;
use super::group::Group;
use crate::client::{block_on, session};

const SESSIONS: usize = 60;

async fn client_of(group: &Group) -> Client {
    let cluster = Cluster::new(Discovery::ring_file(group.ring_file()));
    Client::builder().cluster(cluster).build().await.expect("the ring is there")
}

async fn put(client: &Client, number: usize, body: &[u8]) {
    let written = client.put(&session(number), body, Timeout::DEFAULT).await;
    assert!(matches!(written, Ok(Written::Done)), "{number}: {written:?}");
}

async fn lock(client: &Client, number: usize) -> LockGuard {
    match client.lock(&session(number)).await {
        Ok(Read::Found(lock)) => lock,
        other => panic!("{number}: {other:?}"),
    }
}

/// How many requests nodes have passed on to each other.
fn forwarded(group: &Group) -> u64 {
    let of = |metrics: &str| -> u64 {
        let lines = metrics.lines().filter(|line| line.starts_with("cloakroom_forwards_total"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    group.members.iter().map(|member| of(&admin::ask(&member.admin, "GET", "/metrics", "", "").1)).sum()
}

#[test]
fn requests_go_to_the_owner_at_once() {
    let mut group = Group::start(3);
    group.publish(&[(0, Active), (1, Active), (2, Active)]);
    block_on(async {
        let client = client_of(&group).await;
        for number in 0..SESSIONS {
            put(&client, number, b"one").await;
            let written = lock(&client, number).await.put(b"two", Timeout::DEFAULT).await;
            assert!(matches!(written, Ok(Written::Done)), "{number}: {written:?}");
        }
    });
    assert_eq!(forwarded(&group), 0);
}

#[test]
fn nobody_notices_that_a_node_was_killed() {
    let mut group = Group::start(3);
    group.publish(&[(0, Active), (1, Active), (2, Active)]);
    block_on(async {
        let client = client_of(&group).await;
        for number in 0..SESSIONS {
            put(&client, number, b"before").await;
        }
        let mut locks = Vec::new();
        for number in 0..SESSIONS {
            locks.push((number, lock(&client, number).await));
        }
        // A lock is remembered with the next write that is synced; one of the last moments would be forgotten.
        for number in SESSIONS..2 * SESSIONS {
            put(&client, number, b"other").await;
        }
        let later = locks.split_off(SESSIONS / 2);
        let write =
            async |(number, lock): (usize, LockGuard)| (number, lock.put(b"after", Timeout::DEFAULT).await);
        let mut writing = JoinSet::new();
        // Half of them are under way when the node is killed, the others come while it is away.
        locks.into_iter().for_each(|lock| drop(writing.spawn(write(lock))));
        tokio::task::yield_now().await;
        group.kill(1);
        later.into_iter().for_each(|lock| drop(writing.spawn(write(lock))));
        let restarting = tokio::task::spawn_blocking(move || {
            group.restart(1);
            group
        });
        for (number, written) in writing.join_all().await {
            assert!(matches!(written, Ok(Written::Done)), "{number}: {written:?}");
        }
        for number in 0..SESSIONS {
            let found = client.get(&session(number)).await;
            assert!(matches!(&found, Ok(Read::Found(item)) if item.body == b"after"), "{number}: {found:?}");
        }
        drop(restarting.await);
    });
}
