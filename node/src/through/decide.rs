//! What a command comes to on what is known of its session, and whether the engine must be asked before it is answered.

use cloakroom_session::{Change as Renewal, Command, Effect, Input, Outcome, Time, Timeout, invariant, step};

use super::base::{Base, Session};
use crate::store::{Stored, coarse_millis};

/// How good the base is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The engine has just said so.
    Fresh,
    /// This node remembers it, and nobody else can have changed it.
    Surely,
    /// This node remembers it.
    Perhaps,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Decided {
    /// Answer; the session is the same but for its deadline.
    Answer(Outcome, Option<Session>),
    /// Read the session, and decide again.
    Read,
    /// Answer once this is in the engine.
    Swap(Outcome, Effected),
}

/// What is in the engine after a swap.
#[derive(Debug)]
pub(super) enum Effected {
    /// The session with another body, or in a place where there was nothing.
    Whole(Session),
    /// The session with the body that it had.
    WithoutBody(Session),
    /// That it was removed.
    Tombstone,
}

/// What the decision is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) now: Time,
    pub(super) command: Command,
    /// Key and body of a [`Command::Set`].
    pub(super) content: Option<&'a Stored>,
    pub(super) first_cookie: i32,
    pub(super) lifetime_max: Timeout,
}

/// Decides.
///
/// # Panics
/// If a set comes without content, which is the caller's mistake.
pub(super) fn decide(question: Question<'_>, base: &Base, known: Known) -> Decided {
    let Question { now, command, content, first_cookie, lifetime_max } = question;
    let input = Input { now, cookie_step: 1, first_cookie, lifetime_max };
    let entry = base.session.as_ref().map(|session| session.entry);
    let decided = step(input, entry, command);
    debug_assert_eq!(invariant::broken(input, entry, command, &decided), None);
    if decided.timed_out && known != Known::Fresh {
        // Somebody else may have used it since.
        return Decided::Read;
    }
    let outcome = decided.outcome;
    match decided.effect {
        Effect::None if known == Known::Fresh => Decided::Answer(outcome, None),
        Effect::None => Decided::Read,
        Effect::Touch(entry, renewal) => {
            let session = base.session.as_ref().expect("only a session that is there is touched");
            let behind = entry.deadline.millis_since(session.written);
            let coarse = coarse_millis(entry.timeout, lifetime_max);
            if renewal == Renewal::Renewed && base.mark.is_some() && behind < coarse {
                return match may_be_told(outcome, known) {
                    true => Decided::Answer(outcome, Some(Session { entry, ..session.clone() })),
                    false => Decided::Read,
                };
            }
            let after = Session { entry, written: entry.deadline, content: session.content.clone() };
            match base.mark {
                Some(_) => Decided::Swap(outcome, Effected::WithoutBody(after)),
                None => Decided::Swap(outcome, Effected::Whole(after)),
            }
        }
        Effect::Put(entry) => {
            let content = content.expect("a set comes with its content").clone();
            let after = Session { content, entry, written: entry.deadline };
            Decided::Swap(outcome, Effected::Whole(after))
        }
        Effect::Remove => Decided::Swap(outcome, Effected::Tombstone),
    }
}

/// Whether what is known is enough for an answer that changes nothing. That somebody holds the lock, or that there is
/// nothing to unlock, is told only by the engine: from memory alone it could be told for ever.
fn may_be_told(outcome: Outcome, known: Known) -> bool {
    match known {
        Known::Fresh => true,
        Known::Surely => matches!(outcome, Outcome::Found { .. } | Outcome::Touched),
        Known::Perhaps => false,
    }
}
