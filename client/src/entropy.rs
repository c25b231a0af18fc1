//! The only place that draws random numbers: they keep many clients from asking in step.

/// A random number, all bits of it.
#[expect(clippy::disallowed_methods, reason = "this is where randomness becomes a value")]
pub(crate) fn draw() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness clients meet more often; nothing else depends on it.
    let _ = getrandom::fill(&mut bytes);
    u32::from_ne_bytes(bytes)
}
