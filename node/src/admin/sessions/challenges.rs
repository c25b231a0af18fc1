//! Numbers that a caller from elsewhere must sign, each good for one request: what was recorded on the way cannot be
//! played back for a newer list, or to break the next lock.

use std::collections::VecDeque;
use std::fmt::Write as _;

use parking_lot::Mutex;

use crate::entropy;

/// Given out and not used yet. A caller who is driven out by others asks again.
const OPEN_MAX: usize = 64;

/// The challenges that were given out and not used.
#[derive(Debug, Default)]
pub(super) struct Challenges(Mutex<VecDeque<String>>);

impl Challenges {
    /// A new one, as text.
    pub(super) fn issue(&self) -> String {
        let mut challenge = String::with_capacity(64);
        for byte in entropy::nonce() {
            write!(challenge, "{byte:02x}").expect("a string takes any text");
        }
        let mut open = self.0.lock();
        if open.len() == OPEN_MAX {
            open.pop_front();
        }
        open.push_back(challenge.clone());
        challenge
    }

    /// Whether it was given out and not used; from now on it is used.
    pub(super) fn use_up(&self, challenge: &str) -> bool {
        let mut open = self.0.lock();
        let found = open.iter().position(|issued| issued == challenge);
        found.is_some_and(|at| open.remove(at).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::{Challenges, OPEN_MAX};

    #[test]
    fn each_is_good_once_and_the_oldest_make_room() {
        let challenges = Challenges::default();
        let first = challenges.issue();
        assert!(challenges.use_up(&first));
        assert!(!challenges.use_up(&first), "played back");
        assert!(!challenges.use_up("made up"));
        let many: Vec<_> = (0..=OPEN_MAX).map(|_| challenges.issue()).collect();
        assert!(!challenges.use_up(&many[0]), "driven out");
        assert!(many[1..].iter().all(|challenge| challenges.use_up(challenge)));
    }
}
