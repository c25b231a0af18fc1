//! Where a session lives when several data centres share it.
//!
//! Each session has a [`Home`]: the data centre that serves it. When that one is lost, another takes
//! the session over: it *swings*, and its swing counter rises. Two things remember the home:
//!
//! - the backing store that the data centres share, in the high bits of the epoch under which the
//!   session is stored ([`fence`]): it refuses what the former home writes late. That is the truth.
//! - the location cookie that a web application gives to its visitor: a hint that saves a detour.
//!   Whoever loses, replays or forges it gains nothing.
//!
//! When a data centre counts as lost is the business of its [`Breaker`].
//!
//! All of it is a function of its inputs: no clock, no randomness, no network.

mod breaker;
mod cookie;
pub mod fence;
mod home;
mod key_ring;
mod key_ring_json;
mod secret;

#[cfg(test)]
mod tests;

pub use breaker::{Breaker, Patience};
pub use cookie::{Binding, COOKIE_CHARACTERS, Location, SKEW};
pub use home::{DataCentre, Home};
pub use key_ring::{KEYS_MAX, KeyRing, Plan};
pub use key_ring_json::{BadKeyRing, TEXT_BYTES_MAX};
