//! What a person who waits sees: each step, and how long it took.

#![expect(clippy::disallowed_methods, reason = "a tool tells people how long each step took")]

use std::{
    fmt::Display,
    io::Write as _,
    time::{Duration, Instant},
};

/// A step that has begun; it ends with [`Step::done`], or fails with the program.
#[must_use = "a step that is begun is also done"]
pub(crate) struct Step {
    began: Instant,
    /// Lines were printed since, so that the end needs the name again.
    interrupted: Option<String>,
}

impl Step {
    /// Says what is being done.
    pub(crate) fn begin(what: impl Display) -> Self {
        write(format_args!("{:<58}", what.to_string()));
        Self { began: Instant::now(), interrupted: None }
    }

    /// A step that says something before its end.
    pub(crate) fn begin_long(what: impl Display) -> Self {
        say(&what);
        Self { began: Instant::now(), interrupted: Some(what.to_string()) }
    }

    /// Says that it still goes on.
    pub(crate) fn still(&self, detail: impl Display) {
        say(format_args!("  {detail}, {} s so far", self.elapsed().as_secs()));
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Says how long it took.
    pub(crate) fn done(self) {
        let took = format!("{:6.1} s", self.elapsed().as_secs_f64());
        match self.interrupted {
            Some(what) => say(format_args!("{what:<58}{took}")),
            None => say(took),
        }
    }
}

/// Says something that is no step.
pub(crate) fn say(line: impl Display) {
    write(format_args!("{line}\n"));
}

fn write(text: std::fmt::Arguments<'_>) {
    let mut terminal = std::io::stdout();
    // Somebody who reads no further is no reason to stop.
    let _ = terminal.write_fmt(text).and_then(|()| terminal.flush());
}
