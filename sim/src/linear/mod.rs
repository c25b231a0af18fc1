//! Whether what clients saw of one session can have happened one thing after another.
//!
//! The model is a lock and a versioned value. An operation takes effect at one moment between question and
//! answer; one whose outcome nobody knows takes effect at any later moment, or never. The search keeps every
//! state that explains all answers so far (just-in-time linearisation: Lowe, "Testing for linearizability",
//! 2017). It is exact: a history that it refuses has no explanation.

mod search;
mod state;
#[cfg(test)]
mod tests;

pub use search::{Verdict, check};
