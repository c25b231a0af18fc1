//! Waiting for a condition.

use std::thread;
use std::time::Duration;

/// A minute at the least; only a failing test waits that long.
const TRIES: u32 = 60_000;

/// Looks again and again until `condition` holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..TRIES {
        if condition() {
            return;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    panic!("never came true: {what}");
}
