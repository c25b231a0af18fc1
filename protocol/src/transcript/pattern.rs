//! Expected bytes, with gaps where the answer depends on the clock.

/// What an answer must look like.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Digits { min: usize, max: usize },
}

/// How bytes relate to a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are what was expected.
    Whole,
    /// They may become it with more bytes.
    Prefix,
    /// They cannot become it.
    Differs {
        /// Offset of the first byte that does not fit.
        at: usize,
    },
}

impl Pattern {
    /// Compares bytes with the pattern.
    #[must_use]
    pub fn compare(&self, bytes: &[u8]) -> Comparison {
        let mut at = 0;
        for piece in &self.pieces {
            let rest = &bytes[at..];
            let (fits, enough) = match piece {
                Piece::Bytes(expected) => {
                    let fits = expected.iter().zip(rest).take_while(|(left, right)| left == right).count();
                    (fits, fits == expected.len())
                }
                Piece::Digits { min, max } => {
                    let fits = rest.iter().take(*max).take_while(|byte| byte.is_ascii_digit()).count();
                    (fits, fits >= *min)
                }
            };
            at += fits;
            if !enough {
                return if at == bytes.len() { Comparison::Prefix } else { Comparison::Differs { at } };
            }
        }
        if at == bytes.len() { Comparison::Whole } else { Comparison::Differs { at } }
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    pub(super) fn push_digits(&mut self, min: usize, max: usize) {
        self.pieces.push(Piece::Digits { min, max });
    }
}
