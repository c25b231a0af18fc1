//! Bodies that say what they are: a wrong, old, torn or foreign one cannot pass for the right one.

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// The usual body is at most this long.
const USUAL_BYTES: usize = 4 << 10;
/// One in so many is larger than a whole small segment.
const LARGE: u32 = 100;
const LARGE_BYTES: usize = 100 << 10;

/// The body of write `number` to `session`; half of them can be compressed.
pub(crate) fn body(session: usize, number: u64) -> Vec<u8> {
    let mut choices = StdRng::seed_from_u64(number);
    let most = if choices.random_ratio(1, LARGE) { LARGE_BYTES } else { USUAL_BYTES };
    let mut body = format!("session {session}, write {number}: ").into_bytes();
    let start = body.len();
    body.resize(start + choices.random_range(1..most), b'.');
    if choices.random() {
        choices.fill_bytes(&mut body[start..]);
    }
    body
}
