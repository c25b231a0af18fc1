//! Waiting for a condition with a deadline, and saying at the deadline what was still missing.

#![expect(clippy::disallowed_methods, reason = "a deadline needs a clock, and looking again needs a pause")]

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;

/// Between two looks: short beside anything that an engine does.
const PAUSE: Duration = Duration::from_millis(20);
/// What an engine needs at most on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// Looks again and again until `look` finds what it looks for. `Ok(Err(missing))` is "not yet", and an error ends the
/// wait at once.
///
/// # Errors
/// What `look` fails with, or that a minute is over: with `what` and the last thing that was missing.
pub(crate) fn until<T>(
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<Result<T, String>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + WITHIN;
    loop {
        let missing = match look()? {
            Ok(found) => return Ok(found),
            Err(missing) => missing,
        };
        if Instant::now() >= deadline {
            bail!("{what}: not within {} s: {missing}", WITHIN.as_secs());
        }
        thread::sleep(PAUSE);
    }
}
