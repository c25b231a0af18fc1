//! Whoever serves them, and from whatever memory, commands mean what the pure step says that they mean.

use cloakroom_session::{
    Command, CookieField, Effect, Entry, FIRST_COOKIE, Input, Outcome, Time, Timeout, step,
};
use proptest::prelude::*;

use super::{Duration, LIFETIME_MAX, SECOND, Trust, World, body, minutes, pass};

/// How a command gets to the engine.
#[derive(Clone, Copy, Debug)]
enum Way {
    Owner,
    Verifying,
    StandIn,
}

/// One session by the step alone.
#[derive(Default)]
struct Model {
    entry: Option<Entry>,
    body: String,
}

impl Model {
    fn run(&mut self, now: Duration, command: Command, content: &str) -> (Outcome, Option<String>) {
        let now = Time::from_millis(1 << 40).plus_millis(u64::try_from(now.as_millis()).unwrap());
        let lifetime_max = minutes(LIFETIME_MAX);
        let input = Input { now, cookie_step: 1, first_cookie: FIRST_COOKIE, lifetime_max };
        let done = step(input, self.entry, command);
        let carries = matches!(done.outcome, Outcome::Found { .. } | Outcome::Acquired { .. });
        let carried = carries.then(|| self.body.clone());
        match done.effect {
            Effect::None if done.timed_out => self.entry = None,
            Effect::None => {}
            Effect::Touch(entry, _) => self.entry = Some(entry),
            Effect::Put(entry) => (self.entry, self.body) = (Some(entry), content.to_owned()),
            Effect::Remove => self.entry = None,
        }
        (done.outcome, carried)
    }
}

/// Runs the history on a model and on nodes, and compares what is answered.
fn check(history: &[(Command, Way, Duration)]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let (world, mut model) = (World::new(), Model::default());
        for (at, (command, way, time)) in history.iter().enumerate() {
            pass(*time).await;
            let content = format!("body {at}");
            let (node, trust) = match way {
                Way::Owner => (0, Trust::Owner),
                Way::Verifying => (0, Trust::Verify),
                Way::StandIn => (1, Trust::StandIn),
            };
            let answer = world.ask(node, trust, *command, &content).await.unwrap();
            let answered = (answer.outcome, body(&answer).map(str::to_owned));
            let expected = model.run(world.clock.0.elapsed(), *command, &content);
            assert_eq!(answered, expected, "{at}: {:?}", history[at]);
            if matches!(way, Way::StandIn) {
                world.nodes[0].forget(super::KEY);
            }
        }
        assert!(world.gates_are_gone());
    });
}

/// Every command, with every kind of cookie; `own` is that of the lock that is held.
fn commands(own: i32) -> Vec<Command> {
    let cookies =
        [CookieField::Missing, CookieField::Bad, CookieField::Value(own), CookieField::Value(own + 1)];
    let mut commands = vec![Command::Get, Command::Acquire, Command::Touch];
    for cookie in cookies {
        commands.push(Command::Release { cookie });
        commands.push(Command::Remove { cookie });
        for (timeout, uninitialised) in [(20, false), (1, false), (20, true)] {
            commands.push(Command::Set { timeout: minutes(timeout), uninitialised, cookie });
        }
    }
    commands
}

#[test]
fn every_command_in_every_state_by_every_way() {
    let none = CookieField::Missing;
    let create = Command::Set { timeout: minutes(20), uninitialised: false, cookie: none };
    let create_new = Command::Set { timeout: minutes(20), uninitialised: true, cookie: none };
    let remove = Command::Remove { cookie: none };
    let states: [&[Command]; 5] =
        [&[], &[create], &[create_new], &[create, Command::Acquire], &[create, remove]];
    for state in states {
        for command in commands(2) {
            for first in [Way::Owner, Way::Verifying, Way::StandIn] {
                for second in [Way::Owner, Way::Verifying, Way::StandIn] {
                    let before = state.iter().map(|command| (*command, first, Duration::ZERO));
                    let then =
                        [(command, second, SECOND), (Command::Get, first, SECOND), (command, first, SECOND)];
                    check(&before.chain(then).collect::<Vec<_>>());
                }
            }
        }
    }
}

fn cookie() -> impl Strategy<Value = CookieField> {
    prop_oneof![
        1 => Just(CookieField::Missing),
        1 => Just(CookieField::Bad),
        6 => (0..6).prop_map(CookieField::Value)
    ]
}

fn timeout() -> impl Strategy<Value = Timeout> {
    (0..4_u32).prop_map(minutes)
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => Just(Command::Get),
        3 => Just(Command::Acquire),
        1 => Just(Command::Touch),
        2 => cookie().prop_map(|cookie| Command::Release { cookie }),
        1 => cookie().prop_map(|cookie| Command::Remove { cookie }),
        4 => (timeout(), any::<bool>(), cookie())
            .prop_map(|(timeout, uninitialised, cookie)| Command::Set { timeout, uninitialised, cookie }),
    ]
}

/// Short enough for every timeout, or too long for every one and its slack.
fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => Just(Duration::ZERO),
        4 => (1..20_000_u64).prop_map(Duration::from_millis),
        1 => Just(Duration::from_secs(600))
    ]
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![2 => Just(Way::Owner), 1 => Just(Way::Verifying), 1 => Just(Way::StandIn)]
}

proptest! {
    #[test]
    fn any_history(history in prop::collection::vec((command(), way(), time()), 1..60)) {
        check(&history);
    }
}
