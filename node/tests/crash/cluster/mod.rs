//! Several nodes as one store: real processes that find each other by a ring file.

mod admin;
mod draining;
mod group;
mod killed;
mod lock;
mod moving;
mod pushed_ring;
mod same_answer;
