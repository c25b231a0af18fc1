//! The only file of the operator that draws secrets. Everyone else is handed them.
#![expect(clippy::disallowed_methods, reason = "a key that could be guessed would keep nobody out")]

/// 32 bytes that nobody can foresee.
pub(crate) fn secret() -> [u8; 32] {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("without randomness there would be no connection to the API server");
    random
}
