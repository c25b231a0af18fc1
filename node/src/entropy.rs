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
