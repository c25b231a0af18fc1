//! The only file that draws randomness. Everyone else is handed it.
#![expect(clippy::disallowed_methods, reason = "this is the file that the ban sends people to")]

use crate::disk::checkpoint::Identity;

/// A new store's name and hash key.
///
/// # Panics
/// If the operating system has no randomness to give, which leaves nothing to go on with.
#[must_use]
pub fn new_identity() -> Identity {
    let (mut id, mut hash_key) = ([0; 16], [0; 16]);
    for bytes in [&mut id, &mut hash_key] {
        getrandom::fill(bytes).expect("the operating system provides randomness");
    }
    Identity { id, hash_key }
}

/// A number for whatever must differ from one process or session to the next.
///
/// # Panics
/// If the operating system has no randomness to give.
#[must_use]
pub fn number() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness");
    u64::from_le_bytes(bytes)
}

/// A number that is used once and that nobody can guess: what keeps a recorded hello from being played back.
///
/// # Panics
/// As [`new_identity`].
#[must_use]
pub fn nonce() -> [u8; 32] {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).expect("the operating system provides randomness");
    nonce
}
