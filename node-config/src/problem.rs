//! One thing that is wrong with a configuration.

use std::fmt;

/// A value that a node cannot run with. Displayed as `key: what is wrong; write ... instead`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The YAML key, with dots between levels.
    pub key: &'static str,
    /// What is wrong with its value.
    pub wrong: String,
    /// What to write, as an order: `write 1MiB or more`.
    pub instead: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.wrong, self.instead)
    }
}

impl std::error::Error for Problem {}
