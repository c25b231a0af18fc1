//! What is asked of the engine, and when memory is believed.

use std::future::ready;

use cloakroom_session::{Command, CookieField, Outcome};
use futures_util::FutureExt as _;

use super::{KEY, Request, SECOND, Trust, World, body, pass, release, set, stored};
use crate::metrics::Tier;
use crate::through::tests::engine::Trouble;

#[tokio::test(start_paused = true)]
async fn what_is_remembered_costs_one_question_for_a_change_and_none_for_a_read() {
    let world = World::new();
    world.owner(set(None), "a").await;
    assert_eq!(world.engine.calls(), (1, 1), "what is not known is read");
    let cookie = world.lock(0, Trust::Owner).await;
    assert_eq!(world.engine.calls(), (0, 1), "acquire");
    world.owner(set(Some(cookie)), "b").await;
    assert_eq!(world.engine.calls(), (0, 1), "commit");
    let cookie = world.lock(0, Trust::Owner).await;
    world.owner(release(cookie), "").await;
    assert_eq!(world.engine.calls(), (0, 2), "acquire and release");
    for command in [Command::Get, Command::Touch] {
        let answer = world.owner(command, "").await;
        assert_eq!((answer.tier, world.engine.calls()), (Tier::Memory, (0, 0)), "{command:?}");
    }
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("b"));
    world.ask(0, Trust::Verify, Command::Get, "").await.unwrap();
    assert_eq!(world.engine.calls(), (1, 0), "a read that is verified");
    world.ask(0, Trust::Verify, Command::Acquire, "").await.unwrap();
    assert_eq!(world.engine.calls(), (0, 1), "a swap verifies by itself");
    world.stand_in(release(4), "").await;
    assert_eq!(world.engine.calls(), (1, 1), "a stand-in remembers nothing");
    world.stand_in(Command::Get, "").await;
    assert_eq!(world.engine.calls(), (1, 0), "a stand-in remembers nothing");
}

#[tokio::test(start_paused = true)]
async fn a_stand_in_neither_uses_memory_nor_fills_it() {
    let world = World::new();
    let stand_in = async |command| {
        world.ask(0, Trust::StandIn, command, "a").await.unwrap();
        world.engine.calls()
    };
    world.owner(set(None), "a").await;
    world.engine.calls();
    assert_eq!(stand_in(set(None)).await, (1, 1));
    assert_eq!(stand_in(Command::Touch).await, (1, 0));
    world.owner(set(None), "a").await;
    assert_eq!(world.engine.calls(), (1, 1), "nothing was left in memory by a read");
    stand_in(set(None)).await;
    world.owner(set(None), "a").await;
    assert_eq!(world.engine.calls(), (1, 1), "nor by a change");
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_counted_once() {
    let world = World::new();
    let metrics = std::sync::Arc::clone(&world.nodes[0].0.setup.metrics);
    world.engine.trouble([Trouble::None, Trouble::AnswerLost]);
    world.owner(set(None), "four").await;
    world.owner(set(None), "seventeen").await;
    let counted = || (metrics.sessions.get(), metrics.put_bytes.get(), metrics.sessions_abandoned.get());
    assert_eq!(counted(), (1, 13, 0));
    world.lock(0, Trust::Owner).await;
    world.owner(Command::Remove { cookie: CookieField::Value(2) }, "").await;
    world.owner(Command::Remove { cookie: CookieField::Value(2) }, "").await;
    assert_eq!(counted(), (1, 13, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_denied_from_memory_alone() {
    let world = World::new();
    world.owner(set(None), "a").await;
    let cookie = world.lock(0, Trust::Owner).await;
    world.engine.calls();
    for (command, denied) in [
        (Command::Get, true),
        (Command::Acquire, true),
        (release(cookie + 1), true),
        (set(Some(cookie + 1)), true),
        (Command::Touch, false),
    ] {
        let answer = world.owner(command, "x").await;
        assert_eq!(matches!(answer.outcome, Outcome::Locked { .. }), denied, "{command:?}");
        assert_eq!(world.engine.calls(), (usize::from(denied), 0), "{command:?}");
    }
    // Behind the owner's back.
    world.stand_in(release(cookie), "").await;
    assert_eq!(world.lock(0, Trust::Owner).await, cookie + 1);
    world.stand_in(Command::Remove { cookie: CookieField::Value(cookie + 1) }, "").await;
    assert_eq!(world.owner(release(cookie + 1), "").await.outcome, Outcome::Absent);
    assert_eq!(world.owner(Command::Get, "").await.outcome, Outcome::Absent);
}

/// What the owner reads after a stand-in has written `new` over the `old` that it remembers.
async fn read_after(world: &World, trust: Trust, epoch: u64) -> Option<String> {
    let request = Request { epoch, ..world.request(Command::Get, None, trust) };
    let answer = world.nodes[0].serve(request, ready(None)).await.unwrap();
    body(&answer).map(str::to_owned)
}

async fn overwritten() -> World {
    let world = World::new();
    world.owner(set(None), "old").await;
    world.stand_in(set(None), "new").await;
    world
}

#[tokio::test(start_paused = true)]
async fn memory_is_believed_only_where_nobody_can_have_stood_in() {
    let new = Some("new".to_owned());
    let world = overwritten().await;
    assert_eq!(read_after(&world, Trust::Owner, 1).await.as_deref(), Some("old"), "it was not told");
    assert_eq!(read_after(&world, Trust::Verify, 1).await, new);
    assert_eq!(read_after(&world, Trust::Owner, 1).await, new);

    let world = overwritten().await;
    world.nodes[0].forget(KEY);
    assert_eq!(read_after(&world, Trust::Owner, 1).await, new);

    let world = overwritten().await;
    world.nodes[0].forget_all();
    assert_eq!(read_after(&world, Trust::Owner, 1).await, new);

    let world = overwritten().await;
    assert_eq!(read_after(&world, Trust::Owner, 2).await, new, "owned anew");
    assert_eq!(read_after(&world, Trust::StandIn, 1).await, new);
}

#[tokio::test(start_paused = true)]
async fn memory_is_believed_for_a_second_at_most() {
    let world = overwritten().await;
    pass(SECOND).await;
    assert_eq!(read_after(&world, Trust::Owner, 1).await.as_deref(), Some("new"));
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_while_somebody_stood_in_is_looked_at_once_more() {
    let world = World::new();
    world.ask(0, Trust::Verify, set(None), "old").await.unwrap();
    world.stand_in(set(None), "new").await;
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("new"));
    world.engine.calls();
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("new"));
    assert_eq!(world.engine.calls(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_was_under_way_when_all_was_forgotten_is_not_believed() {
    for all in [false, true] {
        let world = World::new();
        world.stand_in(set(None), "old").await;
        world.engine.trouble([Trouble::None]);
        let mut reading = Box::pin(world.ask(0, Trust::Owner, Command::Get, ""));
        world.engine.troubles.lock().clear();
        world.engine.trouble([Trouble::Slow(SECOND)]);
        assert!(reading.as_mut().now_or_never().is_none());
        if all {
            world.nodes[0].forget_all();
        } else {
            world.nodes[0].forget(KEY);
        }
        assert_eq!(body(&reading.await.unwrap()), Some("old"));
        world.stand_in(set(None), "new").await;
        assert_eq!(body(&world.owner(Command::Get, "").await), Some("new"), "all: {all}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_on_what_is_not_there_any_more_is_decided_again() {
    let world = overwritten().await;
    world.engine.calls();
    assert_eq!(world.lock(1, Trust::StandIn).await, 2);
    assert_eq!(world.engine.calls(), (1, 1));
    let outcome = world.owner(Command::Acquire, "").await.outcome;
    assert!(matches!(outcome, Outcome::Locked { cookie: 2, .. }), "{outcome:?}");
    assert_eq!(world.engine.calls(), (1, 1));
    world.stand_in(set(Some(2)), "newer").await;
    let answer = world.owner(Command::Acquire, "").await;
    assert_eq!(body(&answer), Some("newer"));
}

#[tokio::test(start_paused = true)]
async fn a_cache_has_its_bytes_and_no_more() {
    const CACHE_BYTES: u64 = 64 << 10;
    let world = World::with_cache(CACHE_BYTES);
    let mut most = 0;
    for session in 0..500_u32 {
        let content = crate::store::Stored::new(&session.to_be_bytes(), &[7; 1000]);
        let request =
            Request { key: content.key(), ..world.request(set(None), Some(&content), Trust::Owner) };
        world.nodes[0].serve(request, ready(None)).await.unwrap();
        most = most.max(world.nodes[0].0.cache.bytes());
    }
    assert!((CACHE_BYTES / 2..=CACHE_BYTES).contains(&most), "{most}");
    let huge = stored(&"x".repeat(100_000));
    world.owner(set(None), "small").await;
    let request = world.request(set(None), Some(&huge), Trust::Owner);
    world.nodes[0].serve(request, ready(None)).await.unwrap();
    let answer = world.owner(Command::Get, "").await;
    assert_eq!(answer.body, Some(huge), "what does not fit is read, not what it replaced");
    pass(SECOND).await;
    assert!(world.gates_are_gone());
}
