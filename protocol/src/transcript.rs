//! Golden conversations: what a client sends and, byte for byte, what must come back.
//!
//! They are kept as text in `tests/it/transcripts`, whose README explains the notation, and are
//! played against the codec by this crate's tests and against the running server by the node's.

mod notation;
mod pattern;

pub use pattern::{Comparison, Pattern};

/// Exchanges that build on each other, from an empty store.
#[derive(Clone, Debug)]
pub struct Group {
    /// The letter of its file.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// In order.
    pub exchanges: Vec<Exchange>,
}

/// Bytes sent at once and the answer to them.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// Stable, such as `V01`.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What supports the expected answer.
    pub source: String,
    /// How far the server's clock moves before.
    pub advance_secs: u64,
    /// What the client sends.
    pub sends: Vec<u8>,
    /// The client then closes its sending side.
    pub client_closes: bool,
    /// What the server answers; may be nothing.
    pub answer: Pattern,
    /// The server then closes.
    pub server_closes: bool,
}

/// Every group.
///
/// # Panics
/// If a file breaks the notation.
#[must_use]
pub fn groups() -> Vec<Group> {
    FILES.iter().map(|(name, text)| notation::group(name, text)).collect()
}

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../tests/it/transcripts/", $name, ".txt")))),*]
    };
}

const FILES: &[(&str, &str)] = files!["a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n"];
