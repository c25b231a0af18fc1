//! A session that is only read is not written each time, and still never expires early.

use cloakroom_session::{Command, CookieField, Outcome};

use super::{Duration, SECOND, Trust, World, minutes, pass};
use crate::backing::BackingStore as _;

fn one_minute() -> Command {
    Command::Set { timeout: minutes(1), uninitialised: false, cookie: CookieField::Missing }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_is_written_when_it_has_moved_far_enough() {
    let world = World::new();
    world.owner(one_minute(), "a").await;
    world.engine.calls();
    let mut written = 0;
    for _ in 0..60 {
        pass(SECOND).await;
        world.owner(Command::Get, "").await;
        written += world.engine.calls().1;
    }
    assert_eq!(written, 4, "a quarter of the timeout at a time");
    for _ in 0..60 {
        pass(SECOND).await;
        world.stand_in(Command::Touch, "").await;
        written += world.engine.calls().1;
    }
    assert_eq!(written, 8, "also by who remembers nothing");
}

#[tokio::test(start_paused = true)]
async fn nothing_expires_early_whoever_was_asked_last() {
    // The last renewal is not written down, in any part of the slack.
    for renewed_after in 0..16 {
        for (node, trust) in [(0, Trust::Owner), (0, Trust::Verify), (1, Trust::StandIn)] {
            let world = World::new();
            world.owner(one_minute(), "a").await;
            pass(SECOND * renewed_after).await;
            world.ask(node, trust, Command::Touch, "").await.unwrap();
            pass(SECOND * 60).await;
            let found = world.ask(1 - node, Trust::StandIn, Command::Touch, "").await.unwrap().outcome;
            assert_eq!(found, Outcome::Touched, "{renewed_after} {trust:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_reached_its_deadline_in_memory_is_looked_at() {
    let world = World::new();
    world.owner(one_minute(), "a").await;
    world.lock(0, Trust::Owner).await;
    pass(SECOND * 10).await;
    world.stand_in(Command::Touch, "").await;
    pass(SECOND * 55).await;
    let outcome = world.owner(one_minute(), "b").await.outcome;
    assert!(matches!(outcome, Outcome::Locked { .. }), "somebody else renewed it: {outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn when_all_have_expired_the_engine_holds_nothing() {
    let world = World::new();
    world.owner(one_minute(), "a").await;
    pass(SECOND * 10).await;
    world.owner(Command::Get, "").await;
    pass(Duration::from_secs(60 + 15)).await;
    pass(Duration::from_millis(1)).await;
    assert_eq!(world.engine.memory.items(), 0);
    world.engine.memory.sweep().await.unwrap();
    assert_eq!(world.owner(Command::Get, "").await.outcome, Outcome::Absent);
    assert_eq!(world.owner(one_minute(), "b").await.outcome, Outcome::Stored);
}

#[tokio::test(start_paused = true)]
async fn a_lock_may_be_older_than_the_node() {
    let world = World::new();
    world.owner(one_minute(), "a").await;
    let mut row = world.row().unwrap();
    row.locked = Some(SECOND * 3600);
    let mark = crate::backing::Mark { epoch: 9, version: 9 };
    let flush = crate::backing::Flush { mark, parcel: crate::store::Parcel::Row(row) };
    world.engine.memory.store(&[flush]).await;
    let outcome = world.owner(Command::Acquire, "").await.outcome;
    assert_eq!(outcome, Outcome::Locked { cookie: 1, age_millis: 3_600_000 });
}
