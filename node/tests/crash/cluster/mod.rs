//! Several nodes as one store: real processes that find each other by a ring file.

pub(crate) mod admin;
mod draining;
pub(crate) mod group;
mod killed;
mod lists;
mod lock;
mod moving;
mod pushed_ring;
mod routed;
mod same_answer;
mod watched_ring;
