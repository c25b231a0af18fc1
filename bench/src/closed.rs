//! The closed loop: every connection asks again as soon as it is answered. Says how much a server
//! can do at most; says nothing about latency, since a slow server is simply asked less.

use std::time::Duration;

use anyhow::Result;

use crate::{
    clock::Clock,
    engine::Engine,
    request::{Reply, Request},
};

/// Where a closed loop's requests come from.
pub(crate) trait Source {
    /// The next request of `connection`, or `None` when it has none left; when `closing`, only what
    /// ends something begun, such as a page that holds a lock.
    fn next(&mut self, connection: usize, closing: bool) -> Option<Request>;

    /// Takes the reply to the last request of `connection`.
    ///
    /// # Errors
    /// The reply is wrong.
    fn settle(&mut self, connection: usize, request: &Request, reply: Reply<'_>) -> Result<()>;
}

/// What a loop did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Requests answered.
    pub(crate) requests: u64,
    /// Bytes of session bodies written.
    pub(crate) bytes_put: u64,
    /// How long it took, from the first request to the last reply.
    pub(crate) elapsed: Duration,
}

/// Runs `source` until it is exhausted or, if there is a `limit`, until that time has passed; then
/// waits for the answers under way.
///
/// # Errors
/// A connection breaks or a reply is wrong.
pub(crate) fn run(engine: &mut Engine, source: &mut impl Source, limit: Option<Duration>) -> Result<Tally> {
    let clock = Clock::start();
    let mut tally = Tally::default();
    let mut under_way = 0_usize;
    for connection in 0..engine.connections() {
        if let Some(request) = source.next(connection, false) {
            engine.send(connection, request)?;
            under_way += 1;
        }
    }
    while under_way > 0 {
        let closing = limit.is_some_and(|limit| clock.elapsed() >= limit);
        engine.poll(Duration::from_millis(100), |connection, request, reply| {
            source.settle(connection, &request, reply)?;
            tally.requests += 1;
            tally.bytes_put += request.length as u64;
            let next = source.next(connection, closing);
            if next.is_none() {
                under_way -= 1;
            }
            Ok(next)
        })?;
    }
    tally.elapsed = clock.elapsed();
    Ok(tally)
}
