//! The operator watched, stopped, killed, replaced, without its definition: one test after the other, because nobody else
//! can be tested meanwhile.
//!
//! `cargo xtask test --only e2e` runs them after those of `tests/it`.

mod helm;
mod killed;
mod restarted;
mod unchanged;
mod upgraded;
mod without_crd;
