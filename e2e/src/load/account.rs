//! What the client knows of one session's content: each intent, noted before it is sent, and what must follow from it.
//!
//! Versions number the intents to write or remove the session from 1, in the order in which they were sent; a body
//! carries its version. A write is known to have happened when it was answered, or when its version was read. From then
//! on nothing older may be read. What was sent and not answered may or may not have happened.

use super::trouble::Wrong;

/// One session.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Of the newest intent; 0 before the first.
    sent: u32,
    /// The newest that is known to have happened; 0 if none is.
    known: u32,
    /// Which intents were to remove it.
    removals: Vec<u32>,
    /// What was not there when it was looked for; nothing was sent since.
    missed: Option<u32>,
    /// How often what was missed was there later on.
    returned: u32,
}

/// What a read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Version(u32),
    Absent,
}

impl Account {
    /// A write is about to be sent; the version that its body carries.
    pub(super) fn write(&mut self) -> u32 {
        self.missed = None;
        self.sent += 1;
        self.sent
    }

    /// A removal is about to be sent.
    pub(super) fn remove(&mut self) -> u32 {
        self.missed = None;
        self.sent += 1;
        self.removals.push(self.sent);
        self.sent
    }

    /// The intent `version` was answered.
    pub(super) fn done(&mut self, version: u32) {
        self.known = self.known.max(version);
    }

    /// The intent `version` was refused: it did not happen and never will.
    pub(super) fn undone(&mut self, version: u32) {
        self.removals.retain(|removal| *removal != version);
    }

    /// What is known as a read is sent; to be handed to [`Account::read`] with its answer.
    pub(super) fn known(&self) -> u32 {
        self.known
    }

    /// How often content that was missed came back, before anything else was sent.
    pub(super) fn returned(&self) -> u32 {
        self.returned
    }

    /// A read that was sent when `known` was known found `seen`. What is found wrong once is not found again.
    pub(super) fn read(&mut self, known: u32, seen: Seen) -> Option<Wrong> {
        let wrong = self.judge(known, seen);
        if wrong == Some(Wrong::Lost) {
            self.missed = Some(known);
        } else if let Some(missed) = self.missed
            && seen == Seen::Version(missed)
        {
            self.missed = None;
            self.returned += 1;
        }
        match seen {
            Seen::Version(version) if wrong.is_some() => {
                (self.sent, self.known) = (self.sent.max(version), version);
            }
            Seen::Version(version) => self.done(version),
            Seen::Absent if wrong.is_some() => (self.known, self.removals) = (0, Vec::new()),
            Seen::Absent => {
                let removal = self.removals.iter().copied().find(|removal| *removal >= known);
                self.done(removal.unwrap_or(0));
            }
        }
        wrong
    }

    fn judge(&self, known: u32, seen: Seen) -> Option<Wrong> {
        match seen {
            Seen::Version(version) if version > self.sent => Some(Wrong::NeverWritten),
            Seen::Version(version) if version >= known => None,
            Seen::Version(_) if self.removals.contains(&known) => Some(Wrong::Resurrected),
            Seen::Version(_) => Some(Wrong::Lost),
            Seen::Absent if known == 0 || self.removals.iter().any(|removal| *removal >= known) => None,
            Seen::Absent => Some(Wrong::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Histories of one session, and what a read at their end may find.

    use super::{Account, Seen, Wrong};

    /// Of an intent: answered, refused, or never answered.
    #[derive(Clone, Copy)]
    enum Then {
        Done,
        Refused,
        Silence,
    }
    use Then::{Done, Refused, Silence};

    fn account(history: &[(&str, Then)]) -> Account {
        let mut account = Account::default();
        for (intent, then) in history {
            let version = if *intent == "write" { account.write() } else { account.remove() };
            match then {
                Done => account.done(version),
                Refused => account.undone(version),
                Silence => {}
            }
        }
        account
    }

    #[track_caller]
    fn check(history: &[(&str, Then)], seen: Seen, verdict: Option<Wrong>) {
        let mut account = account(history);
        let known = account.known();
        assert_eq!(account.read(known, seen), verdict);
        let known = account.known();
        assert_eq!(account.read(known, seen), None, "it was said before");
    }

    #[test]
    fn an_answered_write_stays() {
        let twice = [("write", Done), ("write", Done)];
        check(&twice, Seen::Version(2), None);
        check(&twice, Seen::Version(1), Some(Wrong::Lost));
        check(&twice, Seen::Absent, Some(Wrong::Lost));
        check(&[], Seen::Absent, None);
    }

    #[test]
    fn an_unanswered_write_may_have_happened() {
        let unanswered = [("write", Done), ("write", Silence)];
        check(&unanswered, Seen::Version(1), None);
        check(&unanswered, Seen::Version(2), None);
        check(&unanswered, Seen::Absent, Some(Wrong::Lost));
        check(&[("write", Silence)], Seen::Absent, None);
        // Once a later one was answered it is over.
        check(&[("write", Silence), ("write", Done)], Seen::Version(1), Some(Wrong::Lost));
    }

    #[test]
    fn a_removed_session_stays_removed() {
        let removed = [("write", Done), ("remove", Done)];
        check(&removed, Seen::Absent, None);
        check(&removed, Seen::Version(1), Some(Wrong::Resurrected));
        check(&[("write", Done), ("remove", Silence)], Seen::Absent, None);
        check(&[("write", Done), ("remove", Silence)], Seen::Version(1), None);
        check(&[("write", Done), ("remove", Refused)], Seen::Absent, Some(Wrong::Lost));
        check(&[("write", Done), ("remove", Done), ("write", Done)], Seen::Version(3), None);
        check(&[("write", Done), ("remove", Done), ("write", Done)], Seen::Absent, Some(Wrong::Lost));
    }

    #[test]
    fn what_was_never_sent_is_somebody_elses() {
        check(&[("write", Done)], Seen::Version(2), Some(Wrong::NeverWritten));
    }

    #[test]
    fn what_was_read_once_is_known() {
        let mut account = account(&[("write", Done), ("write", Silence), ("remove", Silence)]);
        assert_eq!(account.read(1, Seen::Version(2)), None);
        assert_eq!(account.known(), 2);
        assert_eq!(account.read(2, Seen::Absent), None);
        assert_eq!(account.known(), 3);
        assert_eq!(account.read(3, Seen::Version(2)), Some(Wrong::Resurrected));
    }

    #[test]
    fn what_was_missed_may_come_back_until_something_is_built_on_the_rest() {
        for (seen, later) in [(Seen::Version(1), 1), (Seen::Absent, 1)] {
            let mut account = account(&[("write", Done), ("write", Done)]);
            assert_eq!(account.read(2, seen), Some(Wrong::Lost));
            let known = account.known();
            assert_eq!(account.read(known, Seen::Version(2)), None);
            assert_eq!(account.returned(), later);
        }
        let mut account = account(&[("write", Done), ("write", Done)]);
        assert_eq!(account.read(2, Seen::Version(1)), Some(Wrong::Lost));
        let version = account.write();
        account.done(version);
        assert_eq!(account.read(version, Seen::Version(version)), None);
        assert_eq!(account.returned(), 0);
    }

    #[test]
    fn a_read_is_judged_by_what_was_known_when_it_was_sent() {
        let mut account = account(&[("write", Done)]);
        let known = account.known();
        let version = account.write();
        account.done(version);
        assert_eq!(account.read(known, Seen::Version(1)), None);
    }
}
