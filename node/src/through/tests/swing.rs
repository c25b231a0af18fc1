//! A session of which two data centres can be the home, in an engine that both reach.

mod together;

use cloakroom_location::{DataCentre, Home, fence};
use cloakroom_session::{Command, Outcome};

use super::engine::Trouble;
use super::{Behalf, KEY, Refused, SECOND, Trust, World, body, pass, release, set};
use crate::backing::{BackingStore as _, Value};
use crate::metrics::Swung;
use crate::store::Answer;

fn home(number: u8, swing: u16) -> Home {
    Home { data_centre: DataCentre::new(number).unwrap(), swing }
}

impl World {
    /// By the data centre of that node, for its clients.
    async fn at(&self, node: usize, command: Command, body: &str) -> Result<Answer, Refused> {
        self.ask(node, Trust::Verify, command, body).await
    }

    /// The same; if the session lives elsewhere, it is taken over.
    async fn taking_over(&self, node: usize, command: Command, body: &str) -> Answer {
        match self.at(node, command, body).await {
            Err(Refused::Elsewhere(home)) => {
                let behalf = Behalf::TakeOver(home, Swung::Lost);
                self.ask_for(node, Trust::Verify, behalf, command, body).await.unwrap()
            }
            served => served.unwrap(),
        }
    }

    fn home(&self) -> Option<Home> {
        fence::home(self.engine.memory.peek(KEY)?.mark.epoch)
    }

    /// Swings to that node, and changes that it made too late.
    fn counted(&self, node: usize) -> (u64, u64) {
        let metrics = &self.metrics[node].data_centres;
        let swings = [Swung::Lost, Swung::Back, Swung::Unknown].map(|why| metrics.swings.get(why));
        (swings.iter().sum(), metrics.late_writes_refused.get())
    }
}

/// The cookie of a lock that was granted.
fn cookie(answer: &Answer) -> i32 {
    match answer.outcome {
        Outcome::Acquired { cookie, .. } => cookie,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_lives_where_it_was_created_and_is_left_there() {
    let world = World::of_data_centres();
    assert_eq!(world.at(1, Command::Get, "").await.unwrap().outcome, Outcome::Absent);
    world.at(0, set(None), "of the first").await.unwrap();
    assert_eq!(world.home(), Some(home(1, 0)));
    for command in [Command::Get, Command::Acquire, Command::Touch, set(None), release(1)] {
        let refused = world.at(1, command, "of the second").await.unwrap_err();
        assert_eq!(refused, Refused::Elsewhere(home(1, 0)), "{command:?}");
    }
    let asked = |node, command| world.ask_for(node, Trust::Verify, Behalf::DataCentre, command, "");
    assert_eq!(body(&asked(0, Command::Get).await.unwrap()), Some("of the first"));
    assert_eq!(asked(1, Command::Get).await.unwrap_err(), Refused::NotHere);
    assert_eq!(world.home(), Some(home(1, 0)));
    assert_eq!((world.counted(0), world.counted(1)), ((0, 0), (0, 0)));
    assert!(world.gates_are_gone());
}

#[tokio::test(start_paused = true)]
async fn after_a_swing_the_former_home_cannot_write() {
    let world = World::of_data_centres();
    world.at(0, set(None), "before").await.unwrap();
    assert_eq!(body(&world.taking_over(1, Command::Get, "").await), Some("before"));
    assert_eq!((world.home(), world.counted(1)), (Some(home(2, 1)), (1, 0)));
    // The first still remembers what it stored, and decides on that.
    let refused = world.at(0, set(None), "late").await.unwrap_err();
    assert_eq!(refused, Refused::Elsewhere(home(2, 1)));
    assert_eq!(world.counted(0), (0, 1));
    let refused = world.at(0, set(None), "late").await.unwrap_err();
    assert_eq!((refused, world.counted(0)), (Refused::Elsewhere(home(2, 1)), (0, 1)), "it looks first now");
    assert_eq!(body(&world.at(1, Command::Get, "").await.unwrap()), Some("before"));
    assert_eq!(body(&world.taking_over(0, Command::Get, "").await), Some("before"));
    assert_eq!((world.home(), world.counted(0)), (Some(home(1, 2)), (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_lock_swings_with_its_session() {
    let world = World::of_data_centres();
    world.at(0, set(None), "before").await.unwrap();
    let lock = cookie(&world.at(0, Command::Acquire, "").await.unwrap());
    let Outcome::Locked { cookie: held, .. } = world.taking_over(1, Command::Acquire, "").await.outcome
    else {
        panic!("granted twice")
    };
    assert_eq!(held, lock);
    // Its holder commits by whoever it reaches.
    world.at(0, set(Some(lock)), "late").await.unwrap_err();
    world.at(1, set(Some(lock)), "after").await.unwrap();
    assert_eq!(body(&world.at(1, Command::Acquire, "").await.unwrap()), Some("after"));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_arrives_after_the_swing_is_refused() {
    let world = World::of_data_centres();
    world.at(0, set(None), "before").await.unwrap();
    world.engine.trouble([Trouble::Late(SECOND)]);
    let (late, ()) = tokio::join!(world.at(0, set(None), "late"), async {
        pass(SECOND / 10).await;
        world.taking_over(1, set(None), "after").await;
    });
    assert_eq!(late.unwrap_err(), Refused::Elsewhere(home(2, 1)));
    pass(SECOND * 10).await;
    assert_eq!(body(&world.at(1, Command::Get, "").await.unwrap()), Some("after"));
    assert_eq!(world.counted(0), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_done_before_the_swing_is_known_as_done() {
    let world = World::of_data_centres();
    world.at(0, set(None), "before").await.unwrap();
    world.engine.trouble([Trouble::AnswerLost]);
    let (done, read) = tokio::join!(world.at(0, set(None), "done"), async {
        pass(SECOND / 10).await;
        world.taking_over(1, Command::Get, "").await
    });
    assert_eq!((done.unwrap().outcome, body(&read)), (Outcome::Stored, Some("done")));
    assert_eq!((world.home(), world.counted(0)), (Some(home(2, 1)), (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_nobody_waits_for_any_more_is_counted_when_it_comes_too_late() {
    let world = World::of_data_centres();
    world.at(0, set(None), "before").await.unwrap();
    // The data centre cannot reach the engine for longer than its client waits.
    world.engine.trouble([Trouble::QuestionLost, Trouble::Slow(SECOND * 9)]);
    let late = world.at(0, set(None), "late");
    let (late, ()) = tokio::join!(late, async {
        pass(SECOND).await;
        world.taking_over(1, set(None), "after").await;
    });
    assert_eq!(late.unwrap_err(), Refused::Unknown);
    pass(SECOND * 10).await;
    assert_eq!((world.home(), world.counted(0)), (Some(home(2, 1)), (0, 1)));
    assert_eq!(body(&world.at(1, Command::Get, "").await.unwrap()), Some("after"));
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_nobody_heard_of_is_given_back_across_a_swing() {
    let world = World::of_data_centres();
    world.at(0, set(None), "body").await.unwrap();
    // The client goes while the answer is lost, and the session swings before anybody knows.
    world.engine.trouble([Trouble::AnswerLost]);
    let acquiring = world.at(0, Command::Acquire, "");
    assert!(tokio::time::timeout(SECOND / 20, acquiring).await.is_err());
    world.taking_over(1, Command::Get, "").await;
    assert_eq!(world.home(), Some(home(2, 1)));
    pass(SECOND * 10).await;
    assert!(!world.locked(), "nobody knows its cookie");
    assert_eq!(world.home(), Some(home(2, 1)));
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_elsewhere_begins_anew_where_it_is_created() {
    let world = World::of_data_centres();
    world.at(0, set(None), "old").await.unwrap();
    let remove = Command::Remove { cookie: cloakroom_session::CookieField::Missing };
    world.at(0, remove, "").await.unwrap();
    assert_eq!(world.at(1, Command::Get, "").await.unwrap().outcome, Outcome::Absent);
    world.at(1, set(None), "new").await.unwrap();
    assert_eq!(world.home(), Some(home(2, 1)));
    assert_eq!(world.at(0, Command::Get, "").await.unwrap_err(), Refused::Elsewhere(home(2, 1)));
}

#[tokio::test(start_paused = true)]
async fn what_has_a_home_is_not_read_from_memory_by_who_knows_of_none() {
    let world = World::new();
    world.owner(set(None), "before").await;
    world.engine.memory.claim(KEY, fence::epoch(Some(home(2, 0)), 1)).await.unwrap();
    // Longer than it believes what it stored itself.
    pass(SECOND * 2).await;
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("before"));
    world.stand_in(set(None), "after").await;
    assert_eq!(body(&world.owner(Command::Get, "").await), Some("after"));
}

#[tokio::test(start_paused = true)]
async fn sessions_of_times_without_data_centres_and_of_unknown_ones_are_taken_over() {
    let world = World::of_data_centres();
    world.at(0, set(None), "body").await.unwrap();
    let raise = |home, ring| world.engine.memory.claim(KEY, fence::epoch(home, ring));
    raise(Some(home(9, 4)), 1).await.unwrap();
    assert_eq!(body(&world.at(1, Command::Get, "").await.unwrap()), Some("body"));
    assert_eq!((world.home(), world.counted(1)), (Some(home(2, 5)), (1, 0)));
    // As often as can be counted: whoever is asked serves, and the engine still compares.
    raise(Some(home(2, u16::MAX)), 1).await.unwrap();
    for node in [0, 1, 0] {
        let lock = cookie(&world.at(node, Command::Acquire, "").await.unwrap());
        let other = world.at(1 - node, Command::Acquire, "").await.unwrap().outcome;
        assert!(matches!(other, Outcome::Locked { .. }), "{other:?}");
        world.at(1 - node, set(Some(lock)), "again").await.unwrap();
    }
    assert_eq!((world.home(), world.counted(1).0), (Some(home(2, u16::MAX)), 1));
    let old = World::new();
    old.owner(set(None), "without").await;
    let Some(kept) = old.engine.memory.peek(KEY) else { panic!("it was stored") };
    assert_eq!((fence::home(kept.mark.epoch), kept.mark.epoch), (None, 1));
    let Value::Row(row) = kept.value else { panic!("it was not removed") };
    assert_eq!(row.content.body(), b"without");
}
