//! Key rings as text: in a Secret that the operator writes, in a file that web servers read.
//!
//! ```json
//! {"keys":[{"id":1,"secret":"<32 bytes in base64>","sealFrom":1790000000,"openUntil":null}]}
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::{
    key_ring::{KEYS_MAX, Key, KeyRing},
    secret::Secret,
};

/// More text than the largest ring has.
pub const TEXT_BYTES_MAX: usize = 16 << 10;

/// Room for one key as text, so that no copy of it is left behind by a buffer that grew.
const KEY_BYTES: usize = 192;

/// Why a text is no key ring, without anything of what it says: it may be a secret in a wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadKeyRing {
    /// Longer than any ring.
    #[error("key ring: {0} bytes of text; a ring of {KEYS_MAX} keys has less than {TEXT_BYTES_MAX}")]
    TooLong(usize),
    /// Not JSON.
    #[error("key ring: no JSON from line {line}, column {column} on; write {SHAPE}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Other JSON.
    #[error(
        "key ring: line {line}, column {column}: something is missing or has another type; write {SHAPE}"
    )]
    OtherJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// No keys, or too many.
    #[error("key ring: {0} keys; write 1 to {KEYS_MAX}")]
    Keys(usize),
    /// No id.
    #[error("key ring: the id {0}; write 1 to 4294967295")]
    Id(u32),
    /// Ids or times that do not ascend.
    #[error(
        "key ring: the key {0} does not follow the one before it: write the oldest key first, with ids that rise \
         and times sealFrom that do not fall"
    )]
    Order(u32),
    /// One byte again and again.
    #[error("key ring: the secret of the key {0} is one byte repeated; draw 32 bytes at random")]
    Secret(u32),
    /// The newest key ends.
    #[error("key ring: the newest key {0} ends and none follows it; write \"openUntil\":null")]
    Ends(u32),
}

/// A ring that nobody has checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'a> {
    keys: Cow<'a, [Key]>,
}

const SHAPE: &str = r#"{"keys":[{"id":1,"secret":"<32 bytes in base64>","sealFrom":<seconds since 1970>,"openUntil":<the same, or null>}]}"#;

impl KeyRing {
    /// Reads what [`KeyRing::to_json`] writes.
    ///
    /// # Errors
    /// It is no key ring; the message says what to write instead and shows nothing of the text.
    pub fn from_json(text: &str) -> Result<Self, BadKeyRing> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(BadKeyRing::TooLong(text.len()));
        }
        let Text { keys } = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.classify() {
                Category::Data => BadKeyRing::OtherJson { line, column },
                Category::Io | Category::Syntax | Category::Eof => BadKeyRing::NotJson { line, column },
            }
        })?;
        Self { keys: keys.into_owned() }.check()
    }

    /// The ring as text, with its secrets: for a Secret, and for nothing else.
    ///
    /// # Panics
    /// Never: a ring is always text.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let mut text = Vec::with_capacity(self.keys.len().saturating_add(1) * KEY_BYTES);
        serde_json::to_writer(&mut text, &Text { keys: Cow::Borrowed(&self.keys) })
            .expect("it has no map, and memory does not fail");
        Zeroizing::new(String::from_utf8(text).expect("JSON is text"))
    }

    fn check(self) -> Result<Self, BadKeyRing> {
        if self.keys.is_empty() || self.keys.len() > KEYS_MAX {
            return Err(BadKeyRing::Keys(self.keys.len()));
        }
        let wrong = |key: &Key| match key.id {
            0 => Some(BadKeyRing::Id(key.id)),
            id => (!Secret::looks_drawn(&key.secret)).then_some(BadKeyRing::Secret(id)),
        };
        if let Some(wrong) = self.keys.iter().find_map(wrong) {
            return Err(wrong);
        }
        let follows = |pair: &&[Key]| pair[0].id < pair[1].id && pair[0].seal_from <= pair[1].seal_from;
        if let Some(pair) = self.keys.windows(2).find(|pair| !follows(pair)) {
            return Err(BadKeyRing::Order(pair[1].id));
        }
        match self.keys.last() {
            Some(newest) if newest.open_until.is_some() => Err(BadKeyRing::Ends(newest.id)),
            _ => Ok(self),
        }
    }
}
