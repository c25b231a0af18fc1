//! The ring as text: in the ring object, in a ring file, and pushed to nodes.

use crate::bad_ring::BadRing;
use crate::ring::Ring;

/// Longest text that is read, in bytes: more than any ring within its limits needs.
pub const TEXT_BYTES_MAX: usize = 384 * 1024;

impl Ring {
    /// Reads and [checks](Ring::check) a ring. Fields that it does not know are skipped, so that
    /// nodes can follow a ring of a later release.
    pub fn from_json(text: &str) -> Result<Ring, BadRing> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(BadRing::TooLong(text.len()));
        }
        let ring: Ring =
            serde_json::from_str(text).map_err(|error| BadRing::Unreadable(error.to_string()))?;
        ring.check()?;
        Ok(ring)
    }

    /// As [`Ring::to_json`], in one line with its end.
    pub fn to_json_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("a ring is strings, numbers and lists of them");
        line.push('\n');
        line
    }

    /// The ring as [`Ring::from_json`] reads it: the same bytes for the same ring.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a ring is strings, numbers and lists of them")
    }
}
