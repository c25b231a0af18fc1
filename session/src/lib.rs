//! What a session and its lock mean, as one pure function.
//!
//! [`step`] takes what is stored under a key, one [`Command`] and the moment, and says what is
//! answered ([`Outcome`]) and what becomes of the stored session ([`Effect`]). It never sees the
//! body: a session's content is opaque, so the caller moves bytes and this crate moves meaning. The
//! server, its tests and later the simulation and the model checker call this one function.
//!
//! The meaning is that of the ASP.NET state server as its reference source has it (MS-ASP version
//! 13.0 where the two agree). `docs/semantics.md` prints the table of states and commands; a test
//! of this crate holds the two together.
//!
//! There is no clock and no randomness here: both arrive in [`Input`].

mod command;
mod effect;
mod entry;
pub mod invariant;
mod outcome;
mod step;
mod time;
mod timeout;

#[cfg(test)]
mod tests;

pub use command::{Command, CookieField};
pub use effect::{Change, Effect};
pub use entry::{COOKIE_AFTER_WRAP, Entry, FIRST_COOKIE};
pub use outcome::Outcome;
pub use step::{Input, Step, step};
pub use time::Time;
pub use timeout::{Timeout, TimeoutOutOfRange};
