//! Nodes by the ring that one of them shows on its admin port, as it changes.

mod lines;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::follow::show;
use super::newest::Newest;
use super::{DiscoveryError, Servers};
use stream::Stream;

/// Connecting, and the first ring.
const PATIENCE: Duration = Duration::from_secs(5);
/// A node says something every 15 s.
const SILENCE: Duration = Duration::from_secs(40);
/// Before the next admin port is asked, for the first time and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));
/// A port may show another cluster's ring because its address was given to somebody else, or because the cluster was
/// made anew. It is the latter if so many times, which takes about half a minute, nobody has shown the former ring.
const TRIES_FOR_THE_FORMER: usize = 8;

pub(super) struct RingWatch {
    /// The one in use first.
    admin_ports: Vec<String>,
    newest: Newest,
    /// The first and the longest.
    pauses: (Duration, Duration),
}

impl RingWatch {
    /// `admin_ports` are `host:port`, and at least one.
    pub(super) fn new(admin_ports: Vec<String>, port: Option<u16>) -> Self {
        Self { admin_ports, newest: Newest::new(port), pauses: PAUSES }
    }

    /// As [`follow`](super::follow::follow), but told instead of looking.
    pub(super) async fn follow(mut self) -> Result<watch::Receiver<Arc<Servers>>, DiscoveryError> {
        let mut tried = Vec::new();
        for _ in 0..self.admin_ports.len() {
            match self.open().await {
                Ok((stream, servers)) => {
                    let (tell, told) = watch::channel(servers);
                    tokio::spawn(self.keep(stream, tell));
                    return Ok(told);
                }
                Err(error) => tried.push(format!("{}: {error}", self.admin_ports[0])),
            }
            self.admin_ports.rotate_left(1);
        }
        Err(DiscoveryError::NoRing(tried.join("; ")))
    }

    /// The next stream, and what it shows at once.
    async fn open(&mut self) -> Result<(Stream, Arc<Servers>), DiscoveryError> {
        let opening = async {
            let mut stream = Stream::open(&self.admin_ports[0]).await?;
            loop {
                if let Some(ring) = stream.next().await? {
                    return Ok((stream, self.newest.shown(ring)?));
                }
            }
        };
        timeout(PATIENCE, opening).await.unwrap_or(Err(DiscoveryError::Silent(PATIENCE)))
    }

    /// Tells what the stream shows, until it ends.
    async fn listen(
        &mut self,
        stream: &mut Stream,
        tell: &watch::Sender<Arc<Servers>>,
        pause: &mut Duration,
    ) -> DiscoveryError {
        loop {
            match timeout(SILENCE, stream.next()).await {
                Err(_) => return DiscoveryError::Silent(SILENCE),
                Ok(Err(error)) => return error,
                Ok(Ok(ring)) => {
                    *pause = self.pauses.0;
                    match ring.map(|ring| self.newest.shown(ring)) {
                        None => {}
                        Some(Ok(servers)) => show(tell, servers),
                        Some(Err(error)) => return error,
                    }
                }
            }
        }
    }

    async fn keep(mut self, mut stream: Stream, tell: watch::Sender<Arc<Servers>>) {
        let mut pause = self.pauses.0;
        loop {
            let lost = tokio::select! {
                biased;
                () = tell.closed() => return,
                lost = self.listen(&mut stream, &tell, &mut pause) => lost,
            };
            tracing::warn!(admin_port = self.admin_ports[0], error = %lost, "the ring is not shown any more; asking the next");
            // Its place at that node is for others.
            drop(stream);
            let mut tries = 0;
            stream = loop {
                // Whoever was lost comes last.
                self.admin_ports.rotate_left(1);
                if timeout(pause, tell.closed()).await.is_ok() {
                    return;
                }
                pause = (pause * 2).min(self.pauses.1);
                match self.open().await {
                    Ok((stream, servers)) => {
                        show(&tell, servers);
                        break stream;
                    }
                    Err(error) => {
                        tracing::debug!(admin_port = self.admin_ports[0], %error, "no ring is shown");
                        tries += 1;
                        if tries >= TRIES_FOR_THE_FORMER.max(self.admin_ports.len()) {
                            self.newest.forget();
                        }
                    }
                }
            };
        }
    }
}
