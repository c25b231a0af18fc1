//! Waiting for a condition with a deadline, and saying at the deadline what was still missing.

#![expect(clippy::disallowed_methods, reason = "a deadline needs a clock, and looking again needs a pause")]

use std::time::{Duration, Instant};

use anyhow::bail;

/// Between two looks: short beside anything that a cluster does.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks again and again until `look` finds what it looks for. `Ok(Err(missing))` is "not yet", and an
/// error ends the wait at once.
///
/// # Errors
/// What `look` fails with, or that `within` is over: with `what` and the last thing that was missing.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Result<T, String>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + within;
    loop {
        let missing = match look().await? {
            Ok(found) => return Ok(found),
            Err(missing) => missing,
        };
        if Instant::now() >= deadline {
            bail!("{what}: not within {} s: {missing}", within.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    //! What is found, what is missing, what gives up.

    use std::time::Duration;

    use anyhow::bail;

    use super::until;

    #[tokio::test]
    async fn looks_until_it_finds() {
        let mut looks = 0;
        let found = until("three looks", Duration::from_secs(60), async || {
            looks += 1;
            Ok(if looks == 3 { Ok("found") } else { Err("too few".to_owned()) })
        });
        assert_eq!(found.await.unwrap(), "found");
    }

    #[tokio::test]
    async fn the_deadline_names_what_was_missing_last() {
        let never = until::<()>("a pod", Duration::ZERO, async || Ok(Err("no node is ready".to_owned())));
        assert_eq!(never.await.unwrap_err().to_string(), "a pod: not within 0 s: no node is ready");
    }

    #[tokio::test]
    async fn an_error_ends_the_wait() {
        let ended = until::<()>("a pod", Duration::from_secs(60), async || bail!("the kubelet ended"));
        assert_eq!(ended.await.unwrap_err().to_string(), "the kubelet ended");
    }
}
