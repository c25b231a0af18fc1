//! Collects what is wrong, in words that say what to write instead.

use std::{fmt::Display, ops::RangeInclusive, path::Path, time::Duration};

use crate::{Problem, format_size};

/// The problems found so far.
#[derive(Default)]
pub(super) struct Rules(Vec<Problem>);

impl Rules {
    pub(super) fn verdict(self) -> Result<(), Vec<Problem>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(super) fn require(
        &mut self,
        holds: bool,
        key: &'static str,
        explain: impl FnOnce() -> (String, String),
    ) {
        if !holds {
            let (wrong, instead) = explain();
            self.0.push(Problem { key, wrong, instead });
        }
    }

    fn between<T: PartialOrd, D: Display>(
        &mut self,
        key: &'static str,
        value: &T,
        range: RangeInclusive<T>,
        show: impl Fn(&T) -> D,
    ) {
        self.require(range.contains(value), key, || {
            let side = if value < range.start() { "too small" } else { "too large" };
            (
                format!("{} is {side}", show(value)),
                format!("write {} to {}", show(range.start()), show(range.end())),
            )
        });
    }

    pub(super) fn within<T: Copy + PartialOrd + ToString>(
        &mut self,
        key: &'static str,
        value: T,
        range: RangeInclusive<T>,
    ) {
        self.between(key, &value, range, T::to_string);
    }

    pub(super) fn size(&mut self, key: &'static str, bytes: u64, range: RangeInclusive<u64>) {
        self.between(key, &bytes, range, |bytes| format_size(*bytes));
    }

    pub(super) fn span(&mut self, key: &'static str, span: Duration, range: RangeInclusive<Duration>) {
        self.between(key, &span, range, |span| humantime::format_duration(*span));
    }
    pub(super) fn file(&mut self, key: &'static str, path: Option<&Path>) {
        self.require(path.is_none_or(|path| !path.as_os_str().is_empty()), key, || {
            ("it is empty".to_owned(), "write the path of a file, or leave the key out".to_owned())
        });
    }
}
