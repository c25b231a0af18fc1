//! What a failed test said, picked out of the runner's output: at the end of a long run nobody finds it there.

/// Lines before the panic that are kept: what a test printed about itself, such as what its load came to.
const BEFORE: usize = 8;
/// Lines from the panic on. Behind it may come a dump of a cluster, which has thousands.
const FROM_PANIC: usize = 15;
/// Characters of a line.
const WIDTH: usize = 300;

/// A failed test, or a check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) name: String,
    pub(crate) said: Vec<String>,
}

/// Listens to a runner line by line.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    failures: Vec<Failure>,
    /// The last section of the output is that of failures.
    in_failures: bool,
    section: Option<Section>,
}

/// The captured output of one failed test.
#[derive(Debug)]
struct Section {
    failure: Failure,
    /// How many lines more are kept; `None` before the panic.
    left: Option<usize>,
}

impl Listener {
    pub(crate) fn hear(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.close();
            if self.in_failures {
                let failure = Failure { name: name.to_owned(), said: Vec::new() };
                self.section = Some(Section { failure, left: None });
            }
        } else if line == "failures:" {
            self.close();
            self.in_failures = true;
        } else if line.starts_with("test result: ") {
            self.close();
            self.in_failures = false;
        } else if let Some(section) = &mut self.section {
            section.hear(line);
        }
    }

    /// All that was heard of.
    pub(crate) fn end(mut self) -> Vec<Failure> {
        self.close();
        self.failures
    }

    fn close(&mut self) {
        self.failures.extend(self.section.take().map(|section| section.failure));
    }
}

impl Section {
    fn hear(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let panics = line.starts_with("thread '") && line.contains(" panicked at ");
        match &mut self.left {
            // From where in the runtime a panic came says nothing that its own line does not.
            Some(left) if line.starts_with("stack backtrace:") || line.starts_with("note: run with") => {
                *left = 0;
            }
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                self.keep(line);
            }
            None if panics => {
                self.left = Some(FROM_PANIC - 1);
                self.keep(line);
            }
            None => {
                if self.failure.said.len() == BEFORE {
                    self.failure.said.remove(0);
                }
                self.keep(line);
            }
        }
    }

    fn keep(&mut self, line: &str) {
        self.failure.said.push(line.chars().take(WIDTH).collect());
    }
}

#[cfg(test)]
mod tests {
    //! Output of the runner, and what is kept of it.

    use super::{BEFORE, FROM_PANIC, Failure, Listener, WIDTH};

    fn heard<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Failure> {
        let mut listener = Listener::default();
        lines.into_iter().for_each(|line| listener.hear(line));
        listener.end()
    }

    const RUN: &str = "\
running 3 tests
test till::opens ... ok
test shop::closes ... FAILED
test shop::sells ... FAILED

successes:

---- till::opens stdout ----
thread 'till::opens' panicked at a place where it was expected
failures:

---- shop::closes stdout ----
350 pages/s
thread 'shop::closes' (28422) panicked at e2e/tests/shop.rs:38:12:
180 s are over, and still not: shop: 3 nodes serve
stack backtrace:
   0: begin_unwind
$ kubectl describe pods

---- shop::sells stdout ----
Error: no such till

failures:
    shop::closes
    shop::sells

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 4.00s
---- not of a test stdout ----
";

    #[test]
    fn name_and_panic_are_kept_and_traces_and_dumps_are_not() {
        let failed = |name: &str, said: &[&str]| Failure {
            name: name.to_owned(),
            said: said.iter().map(|&line| line.to_owned()).collect(),
        };
        let closes = [
            "350 pages/s",
            "thread 'shop::closes' (28422) panicked at e2e/tests/shop.rs:38:12:",
            "180 s are over, and still not: shop: 3 nodes serve",
        ];
        let expected = [failed("shop::closes", &closes), failed("shop::sells", &["Error: no such till"])];
        assert_eq!(heard(RUN.lines()), expected);
    }

    #[test]
    fn a_long_story_is_cut_around_its_panic() {
        let before: Vec<_> = (0..100).map(|line| format!("before {line}")).collect();
        let after = vec!["x".repeat(2 * WIDTH); 100];
        let begin = ["failures:", "---- long stdout ----"];
        let lines = begin.into_iter().chain(before.iter().map(String::as_str));
        let lines = lines.chain(["thread 'long' panicked at here:"]).chain(after.iter().map(String::as_str));
        let said = heard(lines).remove(0).said;
        assert_eq!(said.len(), BEFORE + FROM_PANIC);
        assert_eq!(said[0], format!("before {}", 100 - BEFORE));
        assert_eq!(said[BEFORE], "thread 'long' panicked at here:");
        assert_eq!(said[BEFORE + 1].len(), WIDTH);
    }

    #[test]
    fn a_runner_that_is_cut_off_is_told_of_as_far_as_it_came() {
        let failures = heard(["failures:", "---- cut stdout ----", "thread 'cut' panicked at here:"]);
        assert_eq!(failures[0].name, "cut");
    }
}
