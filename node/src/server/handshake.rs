//! What comes before the first request of an encrypted connection.
//!
//! Whoever connects has its place under all limits from the first byte on, and as long for the handshake as for a head:
//! both are what nobody has proved anything with yet.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use tokio::net::TcpStream;

use super::Shared;
use super::stream::Stream;
use super::tls::Tls;
use super::watchdog::{Awaited, Vital};
use crate::metrics::ConnectionClosed as Closed;

/// Shakes hands with whoever has connected, or says why the connection is over.
pub(super) async fn shake_hands(
    shared: &Shared,
    tls: &Tls,
    vital: &Vital,
    socket: TcpStream,
) -> Result<Stream, Closed> {
    vital.wait_for(Awaited::Head, shared.clock.elapsed() + shared.timing.head);
    let mut handshake = pin!(tls.accept(socket));
    poll_fn(|cx| {
        if let Poll::Ready(shaken) = handshake.as_mut().poll(cx) {
            return Poll::Ready(shaken.map(|stream| Stream::Encrypted(Box::new(stream))).map_err(why));
        }
        let overdue = vital.poll_overdue(cx);
        if shared.draining.load(Ordering::Acquire) {
            return Poll::Ready(Err(Closed::Drain));
        }
        overdue.map(|_| Err(Closed::Handshake))
    })
    .await
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is turned into another")]
fn why(error: io::Error) -> Closed {
    // As probes of load balancers do: connected, and satisfied.
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Closed::Client;
    }
    tracing::debug!(%error, "no handshake");
    Closed::Handshake
}
