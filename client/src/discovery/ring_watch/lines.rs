//! Bytes as they come, as lines.

use cloakroom_ring::{BadRing, TEXT_BYTES_MAX};

/// What arrived and was not taken yet. No line is longer than a ring may be, so neither is this for long.
#[derive(Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// How far there is no end of a line.
    searched: usize,
}

impl Lines {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next line without its end, if all of it has arrived.
    ///
    /// # Errors
    /// [`BadRing::TooLong`].
    pub(super) fn next(&mut self) -> Result<Option<String>, BadRing> {
        let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
        let length = end.map_or(self.bytes.len(), |end| self.searched + end);
        if length > TEXT_BYTES_MAX {
            return Err(BadRing::TooLong(length));
        }
        if end.is_none() {
            self.searched = length;
            return Ok(None);
        }
        let line = self.bytes.drain(..=length).take(length).collect();
        self.searched = 0;
        String::from_utf8(line).map(Some).map_err(|error| BadRing::Unreadable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has come out of `arrivals`, one after the other.
    fn lines(arrivals: &[&[u8]]) -> Vec<Result<String, BadRing>> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for arrival in arrivals {
            lines.push(arrival);
            while let Some(line) = lines.next().transpose() {
                let over = line.is_err();
                found.push(line);
                if over {
                    return found;
                }
            }
        }
        found
    }

    fn found(lines: &[&str]) -> Vec<Result<String, BadRing>> {
        lines.iter().map(|line| Ok((*line).to_owned())).collect()
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        assert_eq!(lines(&[b"one\n\ntwo\nthr", b"ee", b"\n", b"four"]), found(&["one", "", "two", "three"]));
        let each: Vec<&[u8]> = b"one\n\ntwo\n".chunks(1).collect();
        assert_eq!(lines(&each), found(&["one", "", "two"]));
    }

    #[test]
    fn no_line_is_longer_than_a_ring() {
        let longest = "x".repeat(TEXT_BYTES_MAX);
        assert_eq!(lines(&[longest.as_bytes(), b"\n"]), found(&[&longest]));
        let too_long = [Err(BadRing::TooLong(TEXT_BYTES_MAX + 1))];
        assert_eq!(lines(&[longest.as_bytes(), b"x"]), too_long);
        assert_eq!(lines(&[format!("{longest}x\n").as_bytes()]), too_long);
    }

    #[test]
    fn a_line_is_text() {
        assert!(matches!(lines(&[b"\xff\n"])[..], [Err(BadRing::Unreadable(_))]));
    }
}
