//! What a node that writes through can list: what it remembers.

use std::time::Duration;

use super::{KEY, SECOND, Trust, World, release, set};
use crate::listing::{By, Listed, Listing, LockSeen};
use crate::through::tests::minutes;

#[tokio::test(start_paused = true)]
async fn a_node_lists_what_it_remembers() {
    let world = World::new();
    assert_eq!(world.nodes[0].list(By::Size, 10).await, Listing::default());
    world.owner(set(None), "four").await;
    assert_eq!(world.nodes[0].list(By::Lock, 10).await, Listing::default(), "it is not locked");
    let cookie = world.lock(0, Trust::Owner).await;
    tokio::time::advance(5 * SECOND).await;
    let listing = world.nodes[0].list(By::Lock, 10).await;
    let seen = Listed {
        key: KEY.to_vec(),
        body_bytes: 4,
        timeout: minutes(20),
        remaining: Duration::from_secs(20 * 60 - 5),
        lock: Some(LockSeen { age: 5 * SECOND, cookie }),
    };
    assert_eq!(listing, Listing { total: 1, sessions: vec![seen] });
    assert_eq!(world.nodes[1].list(By::Size, 10).await, Listing::default(), "a stand-in remembers nothing");
    world.owner(release(cookie), "").await;
    assert_eq!(world.nodes[0].list(By::Size, 10).await.total, 1);
    assert_eq!(world.nodes[0].list(By::Size, 0).await.sessions, []);
    tokio::time::advance(21 * 60 * SECOND).await;
    assert_eq!(world.nodes[0].list(By::Size, 10).await.total, 0, "it has expired");
}
