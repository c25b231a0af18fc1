//! Waiting until something becomes so.

#![expect(clippy::disallowed_methods, reason = "a deadline needs a clock, and looking again needs a pause")]

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// For engines that start again on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// The first thing that `look` finds to be as `wanted`.
///
/// # Panics
/// If it is not within a minute: with what it was last.
pub(crate) async fn until<T: Debug>(wanted: impl Fn(&T) -> bool, mut look: impl AsyncFnMut() -> T) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        let found = look().await;
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {} s; the last was {found:?}", WITHIN.as_secs());
        sleep(PAUSE).await;
    }
}
