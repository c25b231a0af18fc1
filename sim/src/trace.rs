//! What happened in a run, in order: read when it failed, and compared to see that a seed repeats itself.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::history::Moment;
use crate::time::Time;

/// The record of one run. Clones share it.
#[derive(Clone, Debug)]
pub struct Trace {
    time: Time,
    lines: Arc<Mutex<Vec<Line>>>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Line {
    /// When, in virtual time.
    pub at: Duration,
    /// What.
    pub what: String,
}

impl Trace {
    /// An empty record.
    #[must_use]
    pub fn new(time: Time) -> Self {
        Self { time, lines: Arc::default() }
    }

    /// Notes `what` and returns its place in the order of all events.
    pub fn note(&self, what: impl Display) -> Moment {
        let mut lines = self.lines.lock();
        lines.push(Line { at: self.time.now(), what: what.to_string() });
        lines.len() as Moment
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.time.now()
    }

    /// When `moment` was.
    #[must_use]
    pub fn time(&self, moment: Moment) -> Duration {
        let at = usize::try_from(moment).expect("a line of this trace") - 1;
        self.lines.lock()[at].at
    }

    /// The first moment at or after `time`.
    #[must_use]
    pub fn moment(&self, time: Duration) -> Moment {
        self.lines.lock().partition_point(|line| line.at < time) as Moment + 1
    }

    /// Everything so far.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().clone()
    }

    /// A number that two equal traces share.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for line in self.lines.lock().iter() {
            hasher.write_u128(line.at.as_nanos());
            hasher.write(line.what.as_bytes());
        }
        hasher.finish()
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>9.3} s  {}", self.at.as_secs_f64(), self.what)
    }
}
