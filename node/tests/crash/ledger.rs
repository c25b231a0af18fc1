//! What clients know: what they asked for, what they were answered, and which locks they were granted.

#![expect(clippy::disallowed_methods, reason = "a client's own clock orders what it asked and was answered")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::content::body;

/// Sessions that clients share, so that they meet each other's locks.
pub(crate) const SESSIONS: usize = 48;

#[derive(Debug)]
struct Write {
    stores: bool,
    asked: Instant,
    answered: Option<Instant>,
}

impl Write {
    /// Whether every trace of it is gone once `later` was done.
    fn is_before(&self, later: &Self) -> bool {
        self.answered.is_some_and(|answered| answered < later.asked)
    }
}

#[derive(Debug)]
struct History {
    /// By number; removals are writes that store nothing.
    writes: BTreeMap<u64, Write>,
    granted: BTreeSet<i32>,
}

/// A request to change a session, not answered yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intent {
    pub(crate) session: usize,
    pub(crate) number: u64,
}

/// The histories of all sessions.
#[derive(Debug)]
pub(crate) struct Ledger {
    histories: Vec<History>,
    last: u64,
}

/// Whether clients may remove `session`. Cookies of a session that was removed begin anew.
pub(crate) fn removable(session: usize) -> bool {
    session % 2 == 1
}

pub(crate) fn now() -> Instant {
    Instant::now()
}

impl Ledger {
    /// No session is there yet.
    pub(crate) fn new() -> Self {
        let absent = || Write { stores: false, asked: now(), answered: Some(now()) };
        let history = || History { writes: BTreeMap::from([(0, absent())]), granted: BTreeSet::new() };
        Self { histories: (0..SESSIONS).map(|_| history()).collect(), last: 0 }
    }

    /// Notes a write, or a removal, that is about to be sent.
    pub(crate) fn ask(&mut self, session: usize, stores: bool) -> Intent {
        self.last += 1;
        let write = Write { stores, asked: now(), answered: None };
        self.histories[session].writes.insert(self.last, write);
        Intent { session, number: self.last }
    }

    /// The node has said that it did it.
    pub(crate) fn done(&mut self, intent: Intent) {
        let writes = &mut self.histories[intent.session].writes;
        writes.get_mut(&intent.number).expect("it was asked for").answered = Some(now());
    }

    /// The node has said that it did not do it.
    pub(crate) fn refused(&mut self, intent: Intent) {
        self.histories[intent.session].writes.remove(&intent.number);
    }

    /// A lock was granted, which must never have been granted before.
    pub(crate) fn granted(&mut self, session: usize, cookie: i32) {
        let new = self.histories[session].granted.insert(cookie);
        assert!(new || removable(session), "session {session}: lock {cookie} was granted twice");
    }

    /// A lock that nobody holds any more was found with `cookie`: one that was granted, or the one
    /// whose grant was cut off.
    pub(crate) fn found_locked(&mut self, session: usize, cookie: i32) {
        let granted = &mut self.histories[session].granted;
        let last = granted.last().copied();
        let known = granted.contains(&cookie) || last.is_none_or(|last| cookie > last);
        assert!(known || removable(session), "session {session}: lock {cookie} is none of {granted:?}");
        granted.insert(cookie);
    }

    /// Which write `found` is, if a session may look like that given what was answered until `binding`:
    /// the last write, one beside it, or one without an answer.
    pub(crate) fn explain(&self, session: usize, found: Option<&[u8]>, binding: Instant) -> Option<u64> {
        let writes = &self.histories[session].writes;
        let undone = |write: &Write| {
            let certain = |later: &&Write| later.answered.is_some_and(|answered| answered < binding);
            writes.values().filter(certain).any(|later| write.is_before(later))
        };
        let looks = |number: u64, write: &Write| match found {
            Some(found) => write.stores && found == body(session, number),
            None => !write.stores,
        };
        let fits = writes.iter().find(|(number, write)| looks(**number, write) && !undone(write));
        fits.map(|(number, _)| *number)
    }

    /// Everything known of one session, for the message of a failed test.
    pub(crate) fn history(&self, session: usize) -> String {
        format!("{:#?}", self.histories[session])
    }

    /// From here on the session is what write `number` made of it: what was cut off is decided.
    pub(crate) fn settle(&mut self, session: usize, number: u64) {
        let writes = &mut self.histories[session].writes;
        writes.retain(|other, _| *other == number);
        writes.values_mut().for_each(|write| write.answered = Some(now()));
    }
}

#[test]
fn only_what_no_later_answer_excludes_is_explained() {
    let mut ledger = Ledger::new();
    let first = ledger.ask(0, true);
    ledger.done(first);
    let check = |ledger: &Ledger, intent: Intent, fits: bool| {
        let found = body(0, intent.number);
        let explained = ledger.explain(0, Some(&found), now());
        assert_eq!(explained, fits.then_some(intent.number), "{intent:?} of {ledger:?}");
    };
    check(&ledger, first, true);
    assert_eq!(ledger.explain(0, None, now()), None, "it was stored");
    let second = ledger.ask(0, true);
    check(&ledger, first, true);
    check(&ledger, second, true);
    let before = now();
    ledger.done(second);
    check(&ledger, first, false);
    let found = body(0, first.number);
    assert_eq!(ledger.explain(0, Some(&found), before), Some(first.number), "not binding yet");
}
