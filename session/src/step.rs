//! The one place where meaning is decided.
//!
//! Order of checks and every result follow the reference's state table (`docs/semantics.md`). The
//! checks on the wire values of `Timeout` and `ExtraFlags` come before the lookup and so belong to
//! the protocol; only the lock cookie is judged here.

use crate::{Change, Command, CookieField, Effect, Entry, Outcome, Time, Timeout};

/// What the world contributes to a step.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// The moment of the request.
    pub now: Time,
    /// How far an acquire advances the lock cookie, at least 1. More than 1 for entries recovered
    /// after an unclean stop, so that locks granted in the lost moments are never granted again.
    pub cookie_step: i32,
    /// The cookie of an entry that this step creates; the first lock gets one more. [`crate::FIRST_COOKIE`],
    /// unless a session of the same key may have been lost: then one that it cannot have had.
    pub first_cookie: i32,
    /// Stands in for a timeout of zero, which asks for no expiry. Itself not zero.
    pub lifetime_max: Timeout,
}

/// The result of one command on one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to answer.
    pub outcome: Outcome,
    /// What to do to the store.
    pub effect: Effect,
    /// The entry handed in was past its deadline: it counts as absent and must be dropped.
    pub timed_out: bool,
}

/// Decides `command` on `entry` (absent if `None`).
#[must_use]
pub fn step(input: Input, entry: Option<Entry>, command: Command) -> Step {
    let timed_out = entry.is_some_and(|entry| entry.expired(input.now));
    let (outcome, effect) = match entry {
        Some(entry) if !timed_out => on_present(input, entry, command),
        _ => on_absent(input, command),
    };
    Step { outcome, effect, timed_out }
}

fn on_absent(input: Input, command: Command) -> (Outcome, Effect) {
    match command {
        // The cookie is not even looked at: there is no lock that it could hold.
        Command::Set { timeout, uninitialised, cookie: _ } => {
            let entry = Entry {
                timeout,
                uninitialised,
                cookie: input.first_cookie,
                locked_since: None,
                deadline: deadline(input, timeout),
            };
            (Outcome::Stored, Effect::Put(entry))
        }
        _ => (Outcome::Absent, Effect::None),
    }
}

fn on_present(input: Input, found: Entry, command: Command) -> (Outcome, Effect) {
    // Every lookup renews, whatever becomes of the request.
    let entry = Entry { deadline: deadline(input, found.timeout), ..found };
    match command {
        Command::Touch => (Outcome::Touched, renewed(entry)),
        Command::Get => match locked(input, &entry) {
            Some(locked) => (locked, renewed(entry)),
            None => read(entry),
        },
        Command::Acquire => match locked(input, &entry) {
            Some(locked) => (locked, renewed(entry)),
            None => acquire(input, entry),
        },
        Command::Release { cookie } => release(input, entry, cookie),
        Command::Set { uninitialised: true, .. } => (Outcome::Stored, renewed(entry)),
        Command::Set { timeout, uninitialised: false, cookie } => set(input, entry, timeout, cookie),
        Command::Remove { cookie } => remove(input, entry, cookie),
    }
}

fn read(entry: Entry) -> (Outcome, Effect) {
    let outcome = Outcome::Found { initialise: entry.uninitialised, timeout: entry.timeout };
    (outcome, flag_cleared(entry))
}

fn acquire(input: Input, entry: Entry) -> (Outcome, Effect) {
    let cookie = entry.cookie_after(input.cookie_step);
    let outcome = Outcome::Acquired { initialise: entry.uninitialised, timeout: entry.timeout, cookie };
    let entry = Entry { cookie, locked_since: Some(input.now), uninitialised: false, ..entry };
    (outcome, Effect::Touch(entry, Change::LockOrFlag))
}

/// The flag is consumed before the cookie is looked at, so even a refused release consumes it.
fn release(input: Input, entry: Entry, cookie: CookieField) -> (Outcome, Effect) {
    let initialise = entry.uninitialised;
    let CookieField::Value(value) = cookie else {
        return (Outcome::Refused { initialise }, flag_cleared(entry));
    };
    if let Some(locked) = locked(input, &entry) {
        if value != entry.cookie {
            return (locked, renewed(entry));
        }
        let entry = Entry { locked_since: None, ..entry };
        return (Outcome::Released { initialise }, Effect::Touch(entry, Change::LockOrFlag));
    }
    (Outcome::Released { initialise }, flag_cleared(entry))
}

fn set(input: Input, entry: Entry, timeout: Timeout, cookie: CookieField) -> (Outcome, Effect) {
    if let Some(refusal) = not_the_holder(input, &entry, cookie) {
        return (refusal, renewed(entry));
    }
    let entry = if timeout == entry.timeout {
        // In place: an unread session stays unread (a quirk of the reference).
        Entry { locked_since: None, ..entry }
    } else {
        // The reference builds a new item around the request's own cookie.
        let cookie = match cookie {
            CookieField::Value(value) => value,
            CookieField::Missing | CookieField::Bad => -1,
        };
        Entry {
            timeout,
            uninitialised: false,
            cookie,
            locked_since: None,
            deadline: deadline(input, timeout),
        }
    };
    (Outcome::Stored, Effect::Put(entry))
}

fn remove(input: Input, entry: Entry, cookie: CookieField) -> (Outcome, Effect) {
    match not_the_holder(input, &entry, cookie) {
        Some(refusal) => (refusal, renewed(entry)),
        None => (Outcome::Removed, Effect::Remove),
    }
}

/// Why this cookie may not write: bad in any state, wrong or missing only against a lock.
fn not_the_holder(input: Input, entry: &Entry, cookie: CookieField) -> Option<Outcome> {
    match cookie {
        CookieField::Bad => Some(Outcome::Refused { initialise: false }),
        CookieField::Value(value) if value == entry.cookie => None,
        CookieField::Missing | CookieField::Value(_) => locked(input, entry),
    }
}

fn locked(input: Input, entry: &Entry) -> Option<Outcome> {
    let since = entry.locked_since?;
    Some(Outcome::Locked { cookie: entry.cookie, age_millis: input.now.millis_since(since) })
}

fn renewed(entry: Entry) -> Effect {
    Effect::Touch(entry, Change::Renewed)
}

fn flag_cleared(entry: Entry) -> Effect {
    let change = if entry.uninitialised { Change::LockOrFlag } else { Change::Renewed };
    Effect::Touch(Entry { uninitialised: false, ..entry }, change)
}

fn deadline(input: Input, timeout: Timeout) -> Time {
    input.now.plus_millis(timeout.sliding_millis(input.lifetime_max))
}
