//! Passed and failed tests, as the test runner prints them, and what the failed ones said.

use std::ops::AddAssign;

use crate::failure::Failure;

/// How many tests passed and failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Of the failed ones, those that said something.
    pub(crate) failures: Vec<Failure>,
}

impl Tally {
    /// A check that is not a test runner counts as one test.
    pub(crate) fn of_check(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), failures: Vec::new() }
    }

    /// What one line of the runner's output reports: `test result: ok. 3 passed; 1 failed; ...`.
    pub(crate) fn of_line(line: &str) -> Self {
        let Some((_, counts)) = line.split_once("test result: ") else {
            return Self::default();
        };
        let count = |what| {
            let (before, _) = counts.split_once(what)?;
            before.rsplit(' ').next()?.parse().ok()
        };
        Self {
            passed: count(" passed;").unwrap_or(0),
            failed: count(" failed;").unwrap_or(0),
            failures: Vec::new(),
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.failures.extend(more.failures);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    //! Lines of the runner and what they report.

    use super::Tally;

    #[test]
    fn only_result_lines_count() {
        for (line, passed, failed) in [
            (
                "test result: ok. 16 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.20s",
                16,
                0,
            ),
            ("test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 7, 2),
            ("test session::says_3_passed ... ok", 0, 0),
            ("running 16 tests", 0, 0),
            ("", 0, 0),
        ] {
            assert_eq!(Tally::of_line(line), Tally { passed, failed, ..Tally::default() }, "{line}");
        }
    }

    #[test]
    fn the_last_line_reads_as_promised() {
        let mut tally = Tally { passed: 3, ..Tally::default() };
        tally += Tally::of_check(false);
        assert_eq!(tally.to_string(), "3 passed, 1 failed");
    }
}
