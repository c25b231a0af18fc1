//! Everything that the client writes down: sessions, phases, and the first troubles in words.

use std::{fmt::Display, time::Duration};

use tokio::time::Instant;

use super::{
    account::Account,
    clock,
    locks::Locks,
    phase::Phase,
    trouble::{Failure, Wrong},
};

/// The first troubles of a kind in a phase tell the story; the counts tell the rest.
const NOTES_MAX: u64 = 4;

#[derive(Debug)]
pub(super) struct Books {
    began: Instant,
    sessions: Vec<Record>,
    phases: Vec<Phase>,
    /// The web servers that serve in the place of those of each tier.
    serving: Vec<usize>,
    arrived: u64,
    under_way: usize,
    notes: Vec<String>,
}

/// What is known of one session.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) account: Account,
    pub(super) locks: Locks,
    /// Pages no longer go to it: something about it is unclear until the end of the run.
    pub(super) retired: bool,
}

impl Books {
    /// `tiers`: how many there are; each has its share of the sessions.
    pub(super) fn new(phase: &str, tiers: usize) -> Self {
        Self {
            began: clock::now(),
            sessions: Vec::new(),
            phases: vec![Phase::new(phase, Duration::ZERO, 0)],
            serving: (0..tiers).collect(),
            arrived: 0,
            under_way: 0,
            notes: Vec::new(),
        }
    }

    /// A number for one more session.
    pub(super) fn open(&mut self) -> u32 {
        self.sessions.push(Record::default());
        u32::try_from(self.sessions.len() - 1).expect("a run has fewer sessions")
    }

    /// Whose web servers serve session `number` now.
    pub(super) fn tier_of(&self, number: u32) -> usize {
        self.serving[number as usize % self.serving.len()]
    }

    /// The visitors of `tier` are served by the web servers of `by` from now on.
    pub(super) fn serve(&mut self, tier: usize, by: usize) {
        self.serving[tier] = by;
    }

    pub(super) fn session(&mut self, number: u32) -> &mut Record {
        &mut self.sessions[number as usize]
    }

    /// The numbers of all sessions.
    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.sessions.len()).expect("a run has fewer sessions")
    }

    /// From here on everything counts to the phase `name`; how many errors the one before had.
    pub(super) fn begin(&mut self, name: &str) -> u64 {
        let now = self.began.elapsed();
        let errors = self.phase().errors();
        self.phases.push(Phase::new(name, now, self.under_way));
        errors
    }

    /// A request for `session` is about to be sent.
    pub(super) fn asks(&mut self, session: u32) {
        self.phase().asked.insert(session);
    }

    pub(super) fn page_begins(&mut self) {
        self.arrived += 1;
        self.under_way += 1;
    }

    /// A request was answered this long after it was due.
    pub(super) fn answered(&mut self, took: Duration) {
        let phase = self.phase();
        phase.ended(took);
        phase.longest_answer = phase.longest_answer.max(took);
    }

    /// A request got no answer.
    pub(super) fn unanswered(
        &mut self,
        took: Duration,
        session: u32,
        tier: usize,
        failure: Failure,
        detail: &dyn Display,
    ) {
        self.phase().ended(took);
        self.failed(session, tier, failure, detail);
    }

    /// A page failed, or its changes were silently not made.
    pub(super) fn failed(&mut self, session: u32, tier: usize, failure: Failure, detail: &dyn Display) {
        let phase = self.phase();
        *phase.errors_of.entry(tier).or_default() += 1;
        let count = phase.failures.entry(failure).or_default();
        *count += 1;
        if *count <= NOTES_MAX {
            self.note(session, &failure, detail);
        }
    }

    /// An answer was judged.
    pub(super) fn judged(&mut self, session: u32, wrong: Option<Wrong>, detail: &dyn Display) {
        if let Some(wrong) = wrong {
            let count = self.phase().wrongs.entry(wrong).or_default();
            *count += 1;
            if *count <= NOTES_MAX {
                self.note(session, &wrong, detail);
            }
        }
    }

    /// A page was put off once more, for `so_far` in all.
    pub(super) fn put_off(&mut self, so_far: Duration) {
        let phase = self.phase();
        phase.holds += 1;
        phase.longest_hold = phase.longest_hold.max(so_far);
    }

    /// A page was served after it had been put off for `in_all`.
    pub(super) fn served_after(&mut self, in_all: Duration) {
        let phase = self.phase();
        phase.longest_hold = phase.longest_hold.max(in_all);
    }

    /// How many pages have begun so far.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }

    pub(super) fn page_ends(&mut self) {
        self.under_way -= 1;
        self.phase().pages += 1;
    }

    /// How often content that was missed came back in time.
    pub(super) fn returned(&self) -> u64 {
        self.sessions.iter().map(|session| u64::from(session.account.returned())).sum()
    }

    /// Phases, troubles in words, and how long it all took.
    pub(super) fn close(&mut self) -> (Vec<Phase>, Vec<String>, Duration) {
        (std::mem::take(&mut self.phases), std::mem::take(&mut self.notes), self.began.elapsed())
    }

    fn phase(&mut self) -> &mut Phase {
        self.phases.last_mut().expect("there is one from the start")
    }

    fn note(&mut self, session: u32, what: &dyn Display, detail: &dyn Display) {
        let at = self.began.elapsed().as_secs_f64();
        self.notes.push(format!("{at:8.3} s  session {session}: {what}: {detail}"));
    }
}
