//! What a load is to be like.

use std::{env, time::Duration};

use cloakroom_bench::distribution::Lengths;

/// How many visitors there are and how they behave.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Page views per second, whatever becomes of them.
    pub rate: f64,
    /// Sessions that are stored before the first page.
    pub sessions: u32,
    /// How long their bodies are.
    pub lengths: Lengths,
    /// Web servers, each with its own pool of connections; pages go to any of them.
    pub web_servers: usize,
    /// The longest that a page works between its first request and its last.
    pub think: Duration,
    /// The same seed gives the same visitors.
    pub seed: u64,
}

impl Default for Plan {
    /// Some 600 requests per second on 2,000 sessions of 4 KiB in the median.
    fn default() -> Self {
        Self {
            rate: 350.0,
            sessions: 2_000,
            lengths: Lengths::LogNormal,
            web_servers: 8,
            think: Duration::from_millis(50),
            seed: 1,
        }
    }
}

/// Whether there is time for what takes minutes: `CLOAKROOM_LONG` is set to anything.
#[must_use]
pub fn long() -> bool {
    env::var_os("CLOAKROOM_LONG").is_some()
}
