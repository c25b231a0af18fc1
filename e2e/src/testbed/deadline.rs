//! Waiting with an end. Only a failing test waits that long.

use std::{fmt::Display, time::Duration};

/// Image, volume, start and probe of several pods on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something that cannot be watched.
const PAUSE: Duration = Duration::from_millis(100);

/// What `future` gives, or a panic that says `what` did not happen.
pub async fn within<T>(what: impl Display, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{} s are over, and still not: {what}", PATIENCE.as_secs()),
    }
}

/// Looks until `look` sees what it wants, or panics that `what` did not happen and what was seen last.
#[expect(clippy::disallowed_methods, reason = "not everything can be watched: sockets, processes, files")]
pub async fn eventually<T>(what: impl Display, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let mut seen = String::from("nothing yet");
    let looking = async {
        loop {
            match look().await {
                Ok(value) => return value,
                Err(why) => seen = why,
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, looking).await;
    ended.unwrap_or_else(|_| {
        panic!("{} s are over, and still not: {what}; seen last: {seen}", PATIENCE.as_secs())
    })
}
