//! How long a cluster whose reconcile failed is left alone.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
/// Somebody who repairs the cause should not wait longer than this for the operator to notice.
const LONGEST: Duration = Duration::from_secs(120);

/// The pause after `failures` failures in a row; doubles with each.
pub(crate) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1);
    2u32.checked_pow(doublings).and_then(|factor| FIRST.checked_mul(factor)).unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    //! Failures in a row and the pause that follows.

    use super::pause;

    #[test]
    fn the_pause_doubles_up_to_two_minutes() {
        for (failures, seconds) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (7, 64), (8, 120), (32, 120), (33, 120), (u32::MAX, 120)]
        {
            assert_eq!(pause(failures).as_secs(), seconds, "after {failures} failures");
        }
    }
}
