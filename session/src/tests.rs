//! What the tests of `step` share: one moment, one session in each state, and a run of commands.

mod cookies;
mod document;
mod expiry;
mod random;

use crate::{
    Command, CookieField, Effect, Entry, FIRST_COOKIE, Input, Outcome, Time, Timeout, invariant, step,
};

/// The moment of every single-step test.
const NOW: Time = Time::from_millis(1_000_000);
const MINUTE: u64 = 60_000;

fn minutes(minutes: u32) -> Timeout {
    Timeout::from_minutes(minutes).unwrap()
}

fn at(now: Time) -> Input {
    Input { now, cookie_step: 1, first_cookie: FIRST_COOKIE, lifetime_max: minutes(30) }
}

/// A free session with a timeout of one minute and cookie 7 that was used at [`NOW`].
fn free() -> Entry {
    Entry {
        timeout: minutes(1),
        uninitialised: false,
        cookie: 7,
        locked_since: None,
        deadline: NOW.plus_millis(MINUTE),
    }
}

fn set(timeout: Timeout, cookie: CookieField) -> Command {
    Command::Set { timeout, uninitialised: false, cookie }
}

/// One step that must keep every invariant: what is answered and what is stored afterwards.
#[track_caller]
fn run(input: Input, entry: Option<Entry>, command: Command) -> (Outcome, Option<Entry>) {
    let done = step(input, entry, command);
    assert_eq!(
        invariant::broken(input, entry, command, &done),
        None,
        "{command:?} on {entry:?} gives {done:?}"
    );
    let kept = match done.effect {
        Effect::Touch(entry, _) | Effect::Put(entry) => Some(entry),
        Effect::None | Effect::Remove => None,
    };
    (done.outcome, kept)
}
