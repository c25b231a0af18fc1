//! Which data centre serves a session, and how often that has changed.

use std::fmt;
use std::num::NonZeroU8;

/// A data centre, by the number that its people gave it for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataCentre(NonZeroU8);

impl DataCentre {
    /// The highest number.
    pub const MAX: u8 = 127;

    /// The data centre of that number, 1 to [`DataCentre::MAX`].
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) if number.get() <= Self::MAX => Some(Self(number)),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for DataCentre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The data centre that serves a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Home {
    /// Which one.
    pub data_centre: DataCentre,
    /// How often the session has swung. Of two homes of one session the one with the higher counter is the later.
    pub swing: u16,
}

impl Home {
    /// The home of a session that is created there.
    #[must_use]
    pub const fn first(data_centre: DataCentre) -> Self {
        Self { data_centre, swing: 0 }
    }

    /// The home after a swing to `data_centre`; `None` if the session has swung as often as can be counted.
    #[must_use]
    pub const fn moved_to(self, data_centre: DataCentre) -> Option<Self> {
        match self.swing.checked_add(1) {
            Some(swing) => Some(Self { data_centre, swing }),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DataCentre, Home};

    #[test]
    fn numbers_are_1_to_127() {
        for (number, known) in [(0, false), (1, true), (127, true), (128, false), (255, false)] {
            assert_eq!(DataCentre::new(number).map(DataCentre::number), known.then_some(number), "{number}");
        }
    }

    #[test]
    fn swings_are_counted_to_the_end() {
        let [west, east] = [1, 2].map(|number| DataCentre::new(number).unwrap());
        let moved = Home::first(west).moved_to(east).unwrap();
        assert_eq!(moved, Home { data_centre: east, swing: 1 });
        assert_eq!(moved.moved_to(west).unwrap().swing, 2);
        let last = Home { data_centre: east, swing: u16::MAX };
        assert_eq!(last.moved_to(west), None);
    }
}
