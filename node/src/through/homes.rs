//! Which data centre decides a command, by what was found of its session; pure.
//!
//! Homes say who is asked, so that one data centre serves a session and has it in memory. They are not what keeps two
//! from changing it at once: each change is compared by the engine, wherever it was decided. A swing is a claim with a
//! higher epoch, after which the engine refuses what the former home decided before.

use std::collections::BTreeSet;

use cloakroom_location::{DataCentre, Home, fence};

use crate::backing::Mark;
use crate::metrics::Swung;

// Every ring that is adopted has room below a home.
const _: () = assert!(cloakroom_ring::EPOCH_MAX <= fence::RING_EPOCH_MAX);

/// The data centres that share sessions, as one of them sees them.
#[derive(Clone, Debug)]
pub struct Homes {
    /// This one.
    pub here: DataCentre,
    /// Those that it can ask.
    pub peers: BTreeSet<DataCentre>,
}

/// For whom a session is served, and what becomes of it if its home is another data centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behalf {
    /// For this data centre's clients: it is left to its home.
    Clients,
    /// The same, but it is taken over if its home is still this one.
    TakeOver(Home, Swung),
    /// For another data centre, which took this one for its home: if it is not, nothing is decided.
    DataCentre,
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// This data centre; what it stores bears this epoch, or that of what it replaces if that is higher.
    Mine {
        epoch: u64,
    },
    /// This data centre, once it has claimed the session with this epoch.
    Claimed {
        epoch: u64,
        why: Swung,
    },
    Elsewhere(Home),
    /// Whoever asked must look again.
    NotHere,
}

impl Homes {
    /// Who decides on what has the mark `mark`; `alive` is whether that is a session. Without one nobody need be asked:
    /// that there is none, the engine has just said, and a new session is at home where it is created.
    pub(super) fn whose(&self, mark: Option<Mark>, alive: bool, ring_epoch: u64, behalf: Behalf) -> Whose {
        let at = |home| fence::epoch(Some(home), ring_epoch);
        let found = mark.and_then(|mark| fence::home(mark.epoch));
        if behalf == Behalf::DataCentre && !(alive && found.is_some_and(|home| self.is_here(home))) {
            return Whose::NotHere;
        }
        let Some(home) = found else { return Whose::Mine { epoch: at(Home::first(self.here)) } };
        if self.is_here(home) {
            return Whose::Mine { epoch: at(home) };
        }
        let Some(moved) = home.moved_to(self.here) else {
            // It cannot be told any more which home is the later one, so whoever is asked serves it.
            return Whose::Mine { epoch: 0 };
        };
        let epoch = at(moved);
        match behalf {
            _ if !alive => Whose::Mine { epoch },
            Behalf::TakeOver(from, why) if from == home => Whose::Claimed { epoch, why },
            _ if !self.peers.contains(&home.data_centre) => Whose::Claimed { epoch, why: Swung::Unknown },
            _ => Whose::Elsewhere(home),
        }
    }

    /// Whether a change that was decided here on `expected`, and that found `found` in its place, came too late: the
    /// session has swung in between.
    pub(super) fn is_late(&self, expected: Option<Mark>, found: Option<Mark>) -> bool {
        let (Some(expected), Some(found)) = (expected, found) else { return false };
        let moved = fence::home(expected.epoch) != fence::home(found.epoch);
        moved
            && found.epoch > expected.epoch
            && fence::home(expected.epoch).is_some_and(|before| self.is_here(before))
    }

    fn is_here(&self, home: Home) -> bool {
        home.data_centre == self.here
    }
}

#[cfg(test)]
mod tests {
    use super::{Behalf, DataCentre, Home, Homes, Mark, Swung, Whose, fence};

    const RING: u64 = 7;

    fn home(number: u8, swing: u16) -> Home {
        Home { data_centre: DataCentre::new(number).unwrap(), swing }
    }

    fn at(home: Home, ring_epoch: u64) -> u64 {
        fence::epoch(Some(home), ring_epoch)
    }

    /// Data centre 1, which can ask 2 and 3.
    fn homes() -> Homes {
        let peers = [2, 3].map(|number| DataCentre::new(number).unwrap());
        Homes { here: DataCentre::new(1).unwrap(), peers: peers.into() }
    }

    fn mark(epoch: u64) -> Option<Mark> {
        Some(Mark { epoch, version: 42 })
    }

    #[track_caller]
    fn check(found: Option<Mark>, alive: bool, behalf: Behalf, whose: Whose) {
        assert_eq!(homes().whose(found, alive, RING, behalf), whose, "{found:?} alive: {alive} {behalf:?}");
    }

    fn mine(home: Home) -> Whose {
        Whose::Mine { epoch: at(home, RING) }
    }

    #[test]
    fn what_is_here_or_nowhere_is_decided_here() {
        for behalf in [Behalf::Clients, Behalf::TakeOver(home(2, 0), Swung::Lost)] {
            check(None, false, behalf, mine(home(1, 0)));
            check(mark(5), false, behalf, mine(home(1, 0)));
            check(mark(5), true, behalf, mine(home(1, 0)));
            for alive in [false, true] {
                check(mark(at(home(1, 4), 3)), alive, behalf, mine(home(1, 4)));
                check(mark(at(home(1, 4), 99)), alive, behalf, mine(home(1, 4)));
            }
            check(mark(at(home(2, 4), 99)), false, behalf, mine(home(1, 5)));
        }
    }

    #[test]
    fn what_lives_elsewhere_is_left_there_or_claimed() {
        let claimed = |home: Home, why| Whose::Claimed { epoch: at(home, RING), why };
        let there = mark(at(home(2, 4), 99));
        check(there, true, Behalf::Clients, Whose::Elsewhere(home(2, 4)));
        check(there, true, Behalf::TakeOver(home(2, 4), Swung::Lost), claimed(home(1, 5), Swung::Lost));
        check(there, true, Behalf::TakeOver(home(2, 4), Swung::Back), claimed(home(1, 5), Swung::Back));
        for other in [home(2, 3), home(2, 5), home(3, 4)] {
            check(there, true, Behalf::TakeOver(other, Swung::Lost), Whose::Elsewhere(home(2, 4)));
        }
        check(mark(at(home(9, 4), 99)), true, Behalf::Clients, claimed(home(1, 5), Swung::Unknown));
    }

    #[test]
    fn another_data_centre_is_given_only_what_lives_here() {
        check(mark(at(home(1, 4), 3)), true, Behalf::DataCentre, mine(home(1, 4)));
        for (found, alive) in [
            (None, false),
            (mark(5), true),
            (mark(at(home(1, 4), 3)), false),
            (mark(at(home(2, 4), 3)), true),
            (mark(at(home(9, 4), 3)), true),
            (mark(at(home(2, u16::MAX), 3)), true),
        ] {
            check(found, alive, Behalf::DataCentre, Whose::NotHere);
        }
    }

    #[test]
    fn who_has_swung_as_often_as_can_be_counted_is_served_where_asked() {
        let last = mark(at(home(2, u16::MAX), 3));
        for alive in [false, true] {
            check(last, alive, Behalf::Clients, Whose::Mine { epoch: 0 });
        }
        check(mark(at(home(1, u16::MAX), 3)), true, Behalf::Clients, mine(home(1, u16::MAX)));
    }

    #[test]
    fn late_is_what_was_decided_here_before_a_swing() {
        let at = |number, swing| mark(at(home(number, swing), RING));
        for (expected, found, late) in [
            (at(1, 4), at(2, 5), true),
            (at(1, 4), at(1, 6), true),
            // Both took it over from the same home: that of the higher number has it.
            (at(1, 4), at(2, 4), true),
            (at(1, 4), at(1, 4), false),
            (at(2, 4), at(1, 5), false),
            (at(2, 4), at(3, 5), false),
            (at(1, 4), None, false),
            (at(1, 4), mark(9), false),
            (None, at(2, 0), false),
            (mark(9), at(2, 0), false),
        ] {
            assert_eq!(homes().is_late(expected, found), late, "{expected:?} {found:?}");
        }
    }
}
