//! What the client knows of one session's lock, and what an answer about it must therefore not say.
//!
//! A page *wants* the lock from before it asks until its release or write was answered, and *holds* it from the answer
//! that grants it until the release or write is sent: only in between is it certain to be the only one.

use std::collections::BTreeSet;

use super::trouble::Wrong;

#[derive(Debug, Default)]
pub(super) struct Locks {
    /// Pages that want it.
    wanted: usize,
    /// How often a page began to want it.
    wants: u64,
    /// How often it was granted.
    grants: u64,
    /// The grant of the page that holds it.
    held: Option<u64>,
    /// The cookies of all grants since the session was written first.
    cookies: BTreeSet<i32>,
    /// An answer is missing, so that it may be locked for a page that is over.
    orphaned: bool,
}

/// What was known when a request was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    others: usize,
    wants: u64,
    grants: u64,
    orphaned: bool,
}

impl Locks {
    /// A page is about to ask for the lock, for the first time.
    pub(super) fn want(&mut self) {
        self.wanted += 1;
        self.wants += 1;
    }

    /// A request is about to be sent, by a page that wants the lock or by one that does not.
    pub(super) fn ask(&self, wanting: bool) -> Asked {
        let others = self.wanted - usize::from(wanting);
        Asked { others, wants: self.wants, grants: self.grants, orphaned: self.orphaned }
    }

    /// The lock was granted.
    pub(super) fn granted(&mut self, asked: Asked, cookie: i32) -> Option<Wrong> {
        let known = !self.cookies.insert(cookie);
        // A holder whose grant was answered only while this request was under way may have been served after it.
        let held_before = self.held.is_some_and(|grant| grant <= asked.grants);
        self.grants += 1;
        self.held = Some(self.grants);
        match (known, held_before) {
            (true, _) => Some(Wrong::CookieReused),
            (_, true) => Some(Wrong::GrantedTwice),
            _ => None,
        }
    }

    /// Somebody is said to hold the lock. If nobody does, that is said once.
    pub(super) fn refused(&mut self, asked: Asked) -> Option<Wrong> {
        let nobody = asked.others == 0 && asked.wants == self.wants && !asked.orphaned && !self.orphaned;
        self.orphaned |= nobody;
        nobody.then_some(Wrong::LockedForNobody)
    }

    /// The request that ends the lock is about to be sent.
    pub(super) fn give_back(&mut self) {
        self.held = None;
    }

    /// A page no longer wants the lock: it gave it back, or never got it.
    pub(super) fn done(&mut self) {
        self.wanted -= 1;
    }

    /// A page ends without knowing what became of the lock.
    pub(super) fn lose_track(&mut self) {
        self.give_back();
        self.done();
        self.orphaned = true;
    }

    /// The session was removed, or was found absent: its cookies begin anew.
    pub(super) fn reset(&mut self) {
        self.cookies.clear();
    }

    /// Whether any page wants it.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted > 0
    }

    /// Whether it may be locked for a page that is over.
    pub(super) fn is_orphaned(&self) -> bool {
        self.orphaned
    }
}

#[cfg(test)]
mod tests {
    //! Two pages and one lock.

    use super::{Locks, Wrong};

    #[test]
    fn one_after_the_other() {
        let mut locks = Locks::default();
        for cookie in [2, 3] {
            locks.want();
            let asked = locks.ask(true);
            assert_eq!(locks.granted(asked, cookie), None);
            locks.give_back();
            locks.done();
        }
        assert!(!locks.is_wanted());
    }

    #[test]
    fn a_lock_is_granted_to_one() {
        let mut locks = Locks::default();
        locks.want();
        assert_eq!(locks.granted(locks.ask(true), 2), None);
        locks.want();
        let second = locks.ask(true);
        assert_eq!(locks.refused(second), None);
        assert_eq!(locks.granted(second, 3), Some(Wrong::GrantedTwice));
    }

    #[test]
    fn answers_may_arrive_in_another_order_than_they_were_given() {
        let mut locks = Locks::default();
        locks.want();
        let first = locks.ask(true);
        locks.want();
        let second = locks.ask(true);
        // The second was served first and is done, but its answer is read before that of the first.
        assert_eq!(locks.granted(second, 2), None);
        assert_eq!(locks.granted(first, 3), None);
    }

    #[test]
    fn a_lock_that_is_being_given_back_may_be_granted() {
        let mut locks = Locks::default();
        locks.want();
        assert_eq!(locks.granted(locks.ask(true), 2), None);
        locks.want();
        let second = locks.ask(true);
        locks.give_back();
        assert_eq!(locks.granted(second, 3), None);
    }

    #[test]
    fn a_cookie_is_used_once_in_a_sessions_life() {
        let mut locks = Locks::default();
        for verdict in [None, Some(Wrong::CookieReused)] {
            locks.want();
            assert_eq!(locks.granted(locks.ask(true), 2), verdict);
            locks.give_back();
            locks.done();
        }
        locks.reset();
        locks.want();
        assert_eq!(locks.granted(locks.ask(true), 2), None);
    }

    #[test]
    fn a_lock_belongs_to_somebody() {
        for wanting in [false, true] {
            let mut locks = Locks::default();
            locks.want();
            if !wanting {
                locks.done();
            }
            let asked = locks.ask(wanting);
            assert_eq!(locks.refused(asked), Some(Wrong::LockedForNobody));
            assert_eq!(locks.refused(asked), None, "it was said before");
        }
        let mut locks = Locks::default();
        locks.want();
        assert_eq!(locks.refused(locks.ask(false)), None);
        // Another page may have come and gone meanwhile.
        let asked = locks.ask(true);
        locks.want();
        locks.done();
        assert_eq!(locks.refused(asked), None);
        locks.lose_track();
        assert_eq!(locks.refused(locks.ask(false)), None);
    }
}
