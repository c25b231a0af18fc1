//! Randomness for sealing.

/// A nonce that was never used before; `None` where the machine has no randomness, and then nothing may be sealed.
#[expect(clippy::disallowed_methods, reason = "this is where randomness becomes a value")]
pub(super) fn draw() -> Option<[u8; 24]> {
    let mut nonce = [0; 24];
    getrandom::fill(&mut nonce).ok()?;
    Some(nonce)
}
