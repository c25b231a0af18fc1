//! Waiting for a condition.

use std::thread;
use std::time::Duration;

/// A minute at the least; only a failing test waits that long.
const TRIES: u32 = 12_000;

/// Tries again and again until `attempt` succeeds.
pub(crate) fn eventually(what: &str, mut attempt: impl FnMut() -> bool) {
    for _ in 0..TRIES {
        if attempt() {
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("never came true: {what}");
}
