//! Sending a client elsewhere without an error.
//!
//! Clients keep connections in a pool and never repeat a request. A connection that closes while one is on its way
//! fails a page; one that closes together with an answer does not, because whoever takes it from the pool next sees
//! that it has ended. So a node that is about to stop closes each connection right behind an answer, and leaves the
//! silent ones to their clients.

use std::sync::atomic::Ordering;

use socket2::SockRef;

use super::Connection;
use crate::metrics::ConnectionClosed as Closed;

impl Connection {
    /// Whether the client is to connect elsewhere after its next answer.
    pub(super) fn is_leaving(&self) -> bool {
        self.shared.leaving.load(Ordering::Acquire)
    }

    /// Holds packets back, or lets them go: answer and end of the connection must arrive as one, or the client could
    /// take the connection from its pool between the two.
    pub(super) fn hold_packets(&self, hold: bool) {
        if let Err(error) = SockRef::from(self.socket.tcp()).set_tcp_cork(hold) {
            tracing::debug!(%error, "packets are not held back");
        }
    }

    /// Ends the connection behind what was written.
    pub(super) async fn leave(&mut self) -> Closed {
        // Shutting down lets go what is held back.
        self.linger().await;
        Closed::Drain
    }
}
