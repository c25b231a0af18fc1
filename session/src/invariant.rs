//! Named truths about every step. Production asserts them in debug builds, tests always, and the
//! simulation will; the names are those of `docs/semantics.md`.

use crate::{Command, CookieField, Effect, Entry, Input, Outcome, Step};

/// One invariant: its name and whether it holds for a step.
pub type Invariant = (&'static str, fn(Input, Option<Entry>, Command, &Step) -> bool);

/// All of them.
pub const ALL: &[Invariant] = &[
    ("locked-has-no-flag", locked_has_no_flag),
    ("absent-only-if-absent", absent_only_if_absent),
    ("lock-granted-only-when-free", lock_granted_only_when_free),
    ("only-the-holder-changes-a-locked-session", only_the_holder_changes_a_locked_session),
    ("every-hit-renews", every_hit_renews),
    ("a-lock-is-told-by-its-cookie", a_lock_is_told_by_its_cookie),
];

/// The name of the first invariant that `step` breaks.
#[must_use]
pub fn broken(input: Input, entry: Option<Entry>, command: Command, step: &Step) -> Option<&'static str> {
    ALL.iter().find(|(_, holds)| !holds(input, entry, command, step)).map(|(name, _)| *name)
}

fn live(input: Input, entry: Option<Entry>) -> Option<Entry> {
    entry.filter(|entry| !entry.expired(input.now))
}

fn after(step: &Step) -> Option<Entry> {
    match step.effect {
        Effect::Touch(entry, _) | Effect::Put(entry) => Some(entry),
        Effect::None | Effect::Remove => None,
    }
}

fn locked_has_no_flag(_: Input, _: Option<Entry>, _: Command, step: &Step) -> bool {
    after(step).is_none_or(|entry| entry.locked_since.is_none() || !entry.uninitialised)
}

fn absent_only_if_absent(input: Input, entry: Option<Entry>, _: Command, step: &Step) -> bool {
    step.outcome != Outcome::Absent || live(input, entry).is_none()
}

fn lock_granted_only_when_free(input: Input, entry: Option<Entry>, _: Command, step: &Step) -> bool {
    !matches!(step.outcome, Outcome::Acquired { .. })
        || live(input, entry).is_some_and(|entry| entry.locked_since.is_none())
}

fn only_the_holder_changes_a_locked_session(
    input: Input,
    entry: Option<Entry>,
    command: Command,
    step: &Step,
) -> bool {
    let Some(held) = live(input, entry).filter(|entry| entry.locked_since.is_some()) else {
        return true;
    };
    let shown = match command {
        Command::Release { cookie } | Command::Set { cookie, .. } | Command::Remove { cookie } => cookie,
        Command::Get | Command::Acquire | Command::Touch => CookieField::Missing,
    };
    shown == CookieField::Value(held.cookie)
        || matches!(step.effect, Effect::Touch(entry, _) if Entry { deadline: held.deadline, ..entry } == held)
}

fn every_hit_renews(input: Input, entry: Option<Entry>, _: Command, step: &Step) -> bool {
    if live(input, entry).is_none() || step.effect == Effect::Remove {
        return true;
    }
    after(step).is_some_and(|entry| {
        entry.deadline == input.now.plus_millis(entry.timeout.sliding_millis(input.lifetime_max))
    })
}

fn a_lock_is_told_by_its_cookie(_: Input, _: Option<Entry>, _: Command, step: &Step) -> bool {
    match (step.outcome, after(step)) {
        (Outcome::Acquired { cookie, .. } | Outcome::Locked { cookie, .. }, Some(entry)) => {
            entry.locked_since.is_some() && entry.cookie == cookie
        }
        (Outcome::Acquired { .. } | Outcome::Locked { .. }, None) => false,
        _ => true,
    }
}
