//! Sessions that this node has and the engine does not.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloakroom_session::{Command, CookieField, Outcome};

use super::{Row, SECOND, Trust, World, body, set, stored};
use crate::store::{Answer, Backed, COOKIE_JUMP};

fn row(locked: bool) -> Row {
    Row {
        content: stored("offered"),
        epoch: 0,
        timeout: super::minutes(20),
        uninitialised: false,
        cookie: 7,
        locked: locked.then_some(SECOND),
        remaining: SECOND * 60,
        backed: Backed::Unflushed,
    }
}

/// Asks with an offer, and says how often that was looked at.
async fn ask(world: &World, command: Command, offer: Option<Row>) -> (Answer, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let offer = {
        let asked = Arc::clone(&asked);
        async move {
            asked.fetch_add(1, Ordering::SeqCst);
            offer
        }
    };
    let content = stored("new");
    let request = world.request(command, Some(&content), Trust::Owner);
    let answer = world.nodes[0].serve(request, offer).await.unwrap();
    (answer, asked.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn an_offer_is_stored_before_anything_is_said_of_it() {
    for (command, minutes) in [Command::Get, Command::Touch, Command::Acquire]
        .into_iter()
        .flat_map(|command| [(command, 1), (command, 21)])
    {
        let world = World::new();
        let offered = Row { remaining: SECOND * 60 * minutes, ..row(false) };
        let (answer, asked) = ask(&world, command, Some(offered)).await;
        assert_eq!(asked, 1);
        assert_ne!(answer.outcome, Outcome::Absent, "{command:?}");
        let kept = world.row().expect("it is in the engine");
        assert_eq!(kept.content, stored("offered"), "{command:?}");
        assert!(kept.cookie >= 7 + COOKIE_JUMP, "{command:?} may grant a lock that was forgotten in a crash");
    }
}

#[tokio::test(start_paused = true)]
async fn an_offered_lock_stays_its_holders() {
    let world = World::new();
    let (answer, _) = ask(&world, Command::Acquire, Some(row(true))).await;
    assert_eq!(answer.outcome, Outcome::Locked { cookie: 7, age_millis: 1000 });
    let (answer, asked) = ask(&world, set(Some(7)), None).await;
    assert_eq!((answer.outcome, asked), (Outcome::Stored, 0));
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_knows_is_never_taken_from_an_offer() {
    let world = World::new();
    world.owner(set(None), "engine's").await;
    world.nodes[0].forget_all();
    let (answer, asked) = ask(&world, Command::Get, Some(row(false))).await;
    assert_eq!((body(&answer), asked), (Some("engine's"), 0));
    world.owner(Command::Remove { cookie: CookieField::Missing }, "").await;
    let (answer, asked) = ask(&world, Command::Get, Some(row(false))).await;
    assert_eq!((answer.outcome, asked), (Outcome::Absent, 0), "removed");
    let (answer, _) = ask(&World::new(), Command::Get, None).await;
    assert_eq!(answer.outcome, Outcome::Absent);
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_comes_too_late_is_not_taken() {
    let world = World::new();
    let looked = Cell::new(false);
    // Somebody stores the session while this node looks for it.
    let content = stored("mine");
    let request = world.request(set(None), Some(&content), Trust::StandIn);
    let offer = tokio::spawn({
        let (node, now) = (world.nodes[1].clone(), world.request(set(None), None, Trust::StandIn).give_up);
        async move {
            let content = stored("theirs");
            let request = super::Request {
                key: super::KEY,
                command: set(None),
                content: Some(&content),
                epoch: 1,
                first_cookie: 5,
                trust: Trust::StandIn,
                behalf: super::Behalf::Clients,
                give_up: now,
            };
            node.serve(request, std::future::ready(None)).await.unwrap();
            row(false)
        }
    });
    let offer = async { offer.await.ok() };
    let answer = world.nodes[0].serve(request, offer).await.unwrap();
    looked.set(true);
    assert_eq!(answer.outcome, Outcome::Stored);
    let kept = world.row().unwrap();
    assert_eq!((kept.content, kept.cookie), (stored("mine"), 5), "built on theirs");
}
