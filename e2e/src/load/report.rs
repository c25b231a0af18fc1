//! What a load came to.

use std::{fmt, time::Duration};

use super::{
    Plan,
    phase::Phase,
    trouble::{Failure, Wrong},
};

/// A run from its first session to the comparison of all of them at the end.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it was to be like.
    pub plan: Plan,
    /// How many sessions there were in all.
    pub sessions: usize,
    /// From the first to the last request.
    pub took: Duration,
    /// In their order: storing the sessions, what was marked, the comparison.
    pub phases: Vec<Phase>,
    /// Sessions that nobody could read at the end.
    pub unread: usize,
    /// How often content that counts as lost was there again before anything was built on what was found instead.
    pub returned: u64,
    /// Location cookies that were opened, and those that were not though they should.
    pub cookies: (u64, u64),
    /// The first troubles in words.
    pub notes: Vec<String>,
}

impl Report {
    /// Requests that failed, and writes that were silently not done.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.phases.iter().map(Phase::errors).sum()
    }

    /// How often a request failed in this way.
    #[must_use]
    pub fn failures(&self, failure: Failure) -> u64 {
        self.phases.iter().filter_map(|phase| phase.failures.get(&failure)).sum()
    }

    /// How often requests of one tier's web servers failed.
    #[must_use]
    pub fn errors_of(&self, tier: usize) -> u64 {
        self.phases.iter().filter_map(|phase| phase.errors_of.get(&tier)).sum()
    }

    /// How often an answer was wrong in this way.
    #[must_use]
    pub fn wrongs(&self, wrong: Wrong) -> u64 {
        self.phases.iter().map(|phase| phase.count(wrong)).sum()
    }

    /// Requests that were answered or failed.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.phases.iter().map(|phase| phase.requests).sum()
    }

    /// Sessions whose newest known content was lost for good.
    #[must_use]
    pub fn lost_for_good(&self) -> u64 {
        self.wrongs(Wrong::Lost).saturating_sub(self.returned)
    }

    /// The longest that anybody waited for an answer that came, or was put off.
    #[must_use]
    pub fn longest_hold(&self) -> Duration {
        let holds = self.phases.iter().map(|phase| phase.longest_hold.max(phase.longest_answer));
        holds.max().unwrap_or_default()
    }

    /// No session is lost or came back, none could not be looked at, and no content is another's.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_nothing_lost(&self) {
        assert_eq!(self.wrongs(Wrong::Lost), 0, "{}, see above", Wrong::Lost);
        self.check_nothing_invented();
    }

    /// What is there was written last or is older; nothing that was removed came back, and all could be looked at.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_nothing_invented(&self) {
        for wrong in [Wrong::Resurrected, Wrong::NeverWritten] {
            assert_eq!(self.wrongs(wrong), 0, "{wrong}, see above");
        }
        assert_eq!(self.unread, 0, "sessions could not be read, see above");
    }

    /// Whoever's changes were not made has seen an error: none vanished without one.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_visible(&self) {
        for silent in [Failure::NotThere, Failure::NotTheHolder, Failure::BadRequest] {
            assert_eq!(self.failures(silent), 0, "{silent}, see above");
        }
    }

    /// No lock had two holders, and no cookie was granted twice. A fault may bring a lock back that was given up, or leave
    /// one whose holder was never told.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_no_lock_twice(&self) {
        for wrong in [Wrong::GrantedTwice, Wrong::CookieReused] {
            assert_eq!(self.wrongs(wrong), 0, "{wrong}, see above");
        }
    }

    /// No answer was wrong in any way.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_nothing_wrong(&self) {
        self.check_nothing_lost();
        self.check_no_lock_twice();
        let stuck = Wrong::LockedForNobody;
        assert_eq!(self.wrongs(stuck), 0, "{stuck}, see above");
    }

    /// Nobody noticed anything: no error, no wrong answer.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn check_unnoticed(&self) {
        self.check_nothing_wrong();
        assert_eq!(self.errors(), 0, "client errors, see above");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { rate, web_servers, seed, .. } = self.plan;
        let seconds = self.took.as_secs_f64();
        writeln!(
            f,
            "{rate} pages/s of {web_servers} web servers on {} sessions, {seconds:.1} s, seed {seed}",
            self.sessions
        )?;
        writeln!(
            f,
            "{:<28}{:>8}{:>8}{:>10}{:>10}{:>8}{:>6}{:>7}{:>7}{:>12}{:>11}{:>11}{:>11}",
            "phase",
            "from s",
            "pages",
            "requests",
            "under way",
            "errors",
            "lost",
            "wrong",
            "holds",
            "longest",
            "p50",
            "p99",
            "max"
        )?;
        for phase in &self.phases {
            row(f, phase)?;
        }
        for (failure, count) in self.phases.iter().flat_map(|phase| &phase.failures) {
            writeln!(f, "  error: {failure}: {count}")?;
        }
        for (wrong, count) in self.phases.iter().flat_map(|phase| &phase.wrongs) {
            writeln!(f, "  WRONG: {wrong}: {count}")?;
        }
        if self.unread > 0 {
            writeln!(f, "  {} sessions could not be read at the end", self.unread)?;
        }
        if self.returned > 0 {
            writeln!(f, "  {} of the lost came back", self.returned)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
    }
}

fn row(f: &mut fmt::Formatter<'_>, phase: &Phase) -> fmt::Result {
    let lost = phase.count(Wrong::Lost);
    let wrong = phase.wrongs.values().sum::<u64>() - lost;
    let quantile = |share| millis(Duration::from_micros(phase.latency.value_at_quantile(share)));
    writeln!(
        f,
        "{:<28}{:>8.1}{:>8}{:>10}{:>10}{:>8}{lost:>6}{wrong:>7}{:>7}{:>12}{:>11}{:>11}{:>11}",
        phase.name,
        phase.began.as_secs_f64(),
        phase.pages,
        phase.requests,
        phase.under_way,
        phase.errors(),
        phase.holds,
        millis(phase.longest_hold),
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
    )
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
