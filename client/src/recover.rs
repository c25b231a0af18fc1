//! After a write whose answer was lost: a look at the session says whether it was done, whether it may be repeated, or
//! that nobody can tell.
//!
//! Only a lock makes a repetition safe: as long as the session is locked with our cookie, nobody else has written it and
//! neither have we, because the write would have given the lock up. Without a lock, a repetition could undo what another
//! wrote in between.

use std::time::Duration;

use cloakroom_location::Home;

use crate::ask::{ask, wait};
use crate::client::Core;
use crate::failure::Cause;
use crate::operation::{Get, Write};
use crate::{Failure, Item, Read, Session, Written, clock, entropy, retry};

/// What a look says of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It was done.
    Done,
    /// It was not done, and may be.
    Repeat,
    /// Nobody can tell.
    Unknown,
}

/// Writes, and after a lost answer looks before it writes again.
///
/// # Errors
/// [`Failure`], with [`Cause::Unknown`] if it may have been done.
pub(crate) async fn write(
    core: &Core,
    session: &Session,
    home: &mut Option<Home>,
    write: Write<'_>,
    deadline: Duration,
) -> Result<Written, Failure> {
    let mut doubt: Option<Failure> = None;
    let mut nth = 1;
    loop {
        let lost = match (ask(core, session, home, &write, deadline).await, doubt) {
            (Ok(written), None) => return Ok(written),
            (Ok(written), Some(_)) if confirms(write, written) => return Ok(Written::Done),
            (Err(failure), _) if matches!(failure.cause, Cause::Unknown(_)) => failure,
            (Err(failure), None) => return Err(failure),
            (_, Some(doubt)) => return Err(doubt),
        };
        tracing::debug!(verb = lost.verb.name(), "the answer to a write was lost: looking at the session");
        if !core.may_retry(lost.verb) {
            return Err(Failure { budget_spent: true, ..lost });
        }
        let verdict = ask(core, session, home, &Get, deadline).await.map(|seen| judge(write, &seen));
        let pause = retry::pause(&core.settings, nth, entropy::draw());
        let has_time = pause < deadline.saturating_sub(clock::moment());
        match verdict {
            Ok(Verdict::Done) => return Ok(Written::Done),
            Ok(Verdict::Repeat) if nth < core.settings.tries && has_time && core.may_retry(lost.verb) => {}
            _ => return Err(lost),
        }
        wait(pause).await;
        doubt = Some(lost);
        nth += 1;
    }
}

fn judge(write: Write<'_>, seen: &Read<Item>) -> Verdict {
    let ours = |cookie: Option<i32>| matches!(seen, Read::Locked(lock) if Some(lock.cookie) == cookie);
    match (write, seen) {
        (Write::Put { cookie, .. } | Write::Remove { cookie }, _) if ours(cookie) => Verdict::Repeat,
        (Write::Release { cookie }, _) if ours(Some(cookie)) => Verdict::Repeat,
        // Given up, by us or for us: it is not ours any more.
        (Write::Release { .. }, _) => Verdict::Done,
        (Write::Put { body, .. }, Read::Found(item)) if item.body == body => Verdict::Done,
        (Write::Remove { .. }, Read::Absent) => Verdict::Done,
        _ => Verdict::Unknown,
    }
}

/// Whether the answer to a repeated write says that it is done, be it by the first or by the second.
fn confirms(write: Write<'_>, written: Written) -> bool {
    match write {
        Write::Put { .. } => written == Written::Done,
        Write::Release { .. } => true,
        Write::Remove { .. } => !matches!(written, Written::Locked(_)),
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_protocol::aspnet::Lock;
    use cloakroom_session::Timeout;

    use super::Verdict::{Done, Repeat, Unknown};
    use super::{Verdict, confirms, judge};
    use crate::operation::Write;
    use crate::{Item, Read, Written};

    fn put(cookie: Option<i32>) -> Write<'static> {
        Write::Put { body: b"ours", timeout: Timeout::DEFAULT, cookie }
    }

    const RELEASE: Write<'static> = Write::Release { cookie: 7 };

    fn remove(cookie: Option<i32>) -> Write<'static> {
        Write::Remove { cookie }
    }

    /// What is made of a session that is: absent, free with our content, free with another, locked by us, by another.
    #[track_caller]
    fn check(write: Write<'_>, expected: [Verdict; 5]) {
        let free = |body: &[u8]| {
            Read::Found(Item { body: body.to_vec(), timeout: Timeout::DEFAULT, initialise: false })
        };
        let locked = |cookie| Read::Locked(Lock { cookie, age_seconds: 0 });
        let seen = [Read::Absent, free(b"ours"), free(b"theirs"), locked(7), locked(8)];
        assert_eq!(seen.map(|seen| judge(write, &seen)), expected);
    }

    #[test]
    fn only_our_own_lock_lets_a_write_be_repeated() {
        check(put(Some(7)), [Unknown, Done, Unknown, Repeat, Unknown]);
        check(put(None), [Unknown, Done, Unknown, Unknown, Unknown]);
        check(RELEASE, [Done, Done, Done, Repeat, Done]);
        check(remove(Some(7)), [Done, Unknown, Unknown, Repeat, Unknown]);
        check(remove(None), [Done, Unknown, Unknown, Unknown, Unknown]);
    }

    #[test]
    fn the_answer_to_a_repetition_may_be_that_of_the_first() {
        let locked = Written::Locked(Lock { cookie: 8, age_seconds: 0 });
        for (write, confirming) in [
            (put(Some(7)), [true, false, false]),
            (RELEASE, [true, true, true]),
            (remove(Some(7)), [true, true, false]),
        ] {
            assert_eq!(
                [Written::Done, Written::Absent, locked].map(|written| confirms(write, written)),
                confirming
            );
        }
    }
}
