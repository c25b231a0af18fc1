//! What peers may send, and how long they may take: the configured limits in the forms used here.

use std::time::Duration;

use cloakroom_node_config::Limits;
use cloakroom_protocol::aspnet;

/// Any body may take this long; a larger one as much longer as the slowest allowed peer needs.
const BODY_GRACE: Duration = Duration::from_secs(5);

/// Deadlines of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// For a head, from its first byte.
    pub(super) head: Duration,
    /// Between requests.
    pub(super) idle: Duration,
    /// Without taking a byte of an answer.
    pub(super) write_stall: Duration,
    body_bytes_per_second: u64,
}

impl Timing {
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            head: limits.head_timeout,
            idle: limits.idle_timeout,
            write_stall: limits.write_stall,
            body_bytes_per_second: limits.body_bytes_per_second.max(1),
        }
    }

    /// For a body of `bytes`, from the end of its head.
    pub(super) fn body(&self, bytes: usize) -> Duration {
        BODY_GRACE + Duration::from_secs(bytes as u64 / self.body_bytes_per_second)
    }
}

/// The bounds of the decoder. Those that a configuration has no say in are the protocol's own.
pub(super) fn decoding(limits: &Limits) -> aspnet::Limits {
    aspnet::Limits {
        head_bytes: in_memory(limits.head_bytes),
        body_bytes: u32::try_from(limits.body_bytes).unwrap_or(u32::MAX),
        ..aspnet::Limits::default()
    }
}

/// A size that memory can have.
pub(super) fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
