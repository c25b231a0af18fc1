//! What happened between two marks.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use hdrhistogram::Histogram;

use super::trouble::{Failure, Wrong};

/// A part of a run. What takes place in it counts by its end: a request that an event delays counts to the event.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What was going on.
    pub name: String,
    /// When it began, from the start of the load.
    pub began: Duration,
    /// Pages that had begun and not ended when it began: those that an event meets.
    pub under_way: usize,
    /// Pages that ended, however.
    pub pages: u64,
    /// Requests that were answered or failed.
    pub requests: u64,
    /// Sessions that something was asked about.
    pub asked: BTreeSet<u32>,
    /// Requests that failed, by how.
    pub failures: BTreeMap<Failure, u64>,
    /// The same by the web servers that sent them.
    pub errors_of: BTreeMap<usize, u64>,
    /// Answers that must not be, by what is wrong.
    pub wrongs: BTreeMap<Wrong, u64>,
    /// Requests that were put off with a lock of nobody, while the owner of the session was unclear.
    pub holds: u64,
    /// The longest time that a page was put off.
    pub longest_hold: Duration,
    /// The longest time from when a request was due to its answer, of those that got one.
    pub longest_answer: Duration,
    /// From when a request was due to its answer or failure, in microseconds.
    pub latency: Histogram<u64>,
}

impl Phase {
    pub(super) fn new(name: &str, began: Duration, under_way: usize) -> Self {
        Self {
            name: name.to_owned(),
            began,
            under_way,
            pages: 0,
            requests: 0,
            asked: BTreeSet::new(),
            failures: BTreeMap::new(),
            errors_of: BTreeMap::new(),
            wrongs: BTreeMap::new(),
            holds: 0,
            longest_hold: Duration::ZERO,
            longest_answer: Duration::ZERO,
            latency: Histogram::new(3).expect("3 digits are within what the histogram offers"),
        }
    }

    pub(super) fn ended(&mut self, took: Duration) {
        self.requests += 1;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.latency.record(micros).expect("the histogram resizes itself");
    }

    /// Requests that failed.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.failures.values().sum()
    }

    /// How often `wrong` happened.
    #[must_use]
    pub fn count(&self, wrong: Wrong) -> u64 {
        self.wrongs.get(&wrong).copied().unwrap_or(0)
    }
}
