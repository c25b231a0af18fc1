//! Waiting with an end. Only a failing test waits that long.

use std::{fmt::Display, time::Duration};

use crate::wait;

/// Image, volume, start and probe of several pods on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `future` gives, or a panic that says `what` did not happen.
pub async fn within<T>(what: impl Display, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{} s are over, and still not: {what}", PATIENCE.as_secs()),
    }
}

/// Looks until `look` sees what it wants, or panics that `what` did not happen and what was seen last.
pub async fn eventually<T>(what: impl Display, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let found = wait::until(&what.to_string(), PATIENCE, async || Ok(look().await)).await;
    found.unwrap_or_else(|late| panic!("{late:#}"))
}
