//! One other node: the link to it, opened when somebody asks, and the time it is left alone when it
//! cannot be reached.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::NoAnswer;
use super::asking;
use super::dial::dial;
use super::hello::NoHello;
use super::limits::BACK_OFF;
use super::link::Link;
use super::local::Local;
use crate::metrics::{HelloRefused, Word};

/// A member, as somebody to ask.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: Arc<str>,
    pub(super) address: SocketAddr,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    link: LinkState,
    dismissed: bool,
    /// How the tries to connect since the last link ended.
    failures: u32,
    /// Why the last try to connect failed, and the word under which that was counted.
    complained_of: Option<(HelloRefused, String)>,
}

#[derive(Debug, Default)]
enum LinkState {
    #[default]
    Closed,
    /// The sender goes when it is no more being opened.
    Opening(watch::Receiver<()>),
    Open(Arc<Link>),
    /// Connecting failed lately.
    LeftAlone,
}

impl Peer {
    pub(super) fn new(name: &str, address: SocketAddr) -> Arc<Self> {
        Arc::new(Self { name: name.into(), address, state: Mutex::default() })
    }

    /// The link, opened if there is none. It runs until it breaks or `stop`.
    ///
    /// # Errors
    /// [`NoAnswer::NotSent`], at once if the last try to connect failed a moment ago.
    pub(super) async fn link(
        self: &Arc<Self>,
        local: &Arc<Local>,
        stop: &CancellationToken,
    ) -> Result<Arc<Link>, NoAnswer> {
        let mut opened_here = false;
        loop {
            let mut opening = match &mut self.state.lock().link {
                LinkState::Open(link) => return Ok(Arc::clone(link)),
                LinkState::LeftAlone => return Err(NoAnswer::NotSent),
                LinkState::Opening(opening) => opening.clone(),
                LinkState::Closed if opened_here => return Err(NoAnswer::NotSent),
                closed @ LinkState::Closed => {
                    opened_here = true;
                    let (sender, opening) = watch::channel(());
                    *closed = LinkState::Opening(opening.clone());
                    tokio::spawn(Arc::clone(self).keep(Arc::clone(local), stop.clone(), sender));
                    opening
                }
            };
            // Nothing is ever sent: it ends when the sender goes.
            drop(opening.changed().await);
        }
    }

    /// It is no member any more: its link is closed once nothing is asked on it.
    pub(super) fn dismiss(&self) {
        let mut state = self.state.lock();
        state.dismissed = true;
        if let LinkState::Open(link) = &state.link {
            link.dismiss();
        }
    }

    /// Why there is no link, for people; `None` if there is one, or nobody has tried.
    pub(super) fn problem(&self) -> Option<String> {
        self.state.lock().complained_of.as_ref().map(|(_, why)| why.clone())
    }

    /// Opens the link and runs it until it is over.
    async fn keep(self: Arc<Self>, local: Arc<Local>, stop: CancellationToken, opening: watch::Sender<()>) {
        let dialed = tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.state.lock().link = LinkState::Closed;
                return;
            }
            dialed = dial(&local, &self) => dialed,
        };
        match dialed {
            Ok(pipe) => {
                let link = Link::new(Arc::clone(&local.unwanted));
                self.opened(&link);
                drop(opening);
                local.metrics.peer_links_open.inc();
                let broken = asking::run(pipe, link, &stop).await;
                self.state.lock().link = LinkState::Closed;
                local.metrics.peer_links_open.dec();
                tracing::info!(peer = %self.name, address = %self.address, %broken, "link closed");
            }
            Err(no_hello) => {
                local.metrics.peer_hellos_refused.inc(no_hello.word());
                let wait = self.failed(&no_hello);
                drop(opening);
                drop(timeout(wait, stop.cancelled()).await);
                self.state.lock().link = LinkState::Closed;
            }
        }
    }

    fn opened(&self, link: &Arc<Link>) {
        tracing::info!(peer = %self.name, address = %self.address, "link opened");
        let mut state = self.state.lock();
        if state.dismissed {
            link.dismiss();
        }
        state.failures = 0;
        state.complained_of = None;
        state.link = LinkState::Open(Arc::clone(link));
    }

    /// Leaves the peer alone for the time that is returned.
    fn failed(&self, why: &NoHello) -> Duration {
        let mut state = self.state.lock();
        let (first, last) = BACK_OFF;
        let wait = first.saturating_mul(2_u32.saturating_pow(state.failures)).min(last);
        state.failures += 1;
        // Once is enough while it stays the same.
        let known = state.complained_of.as_ref();
        if known.is_some_and(|(known, _)| known.index() == why.word().index()) {
            tracing::debug!(peer = %self.name, address = %self.address, %why, "no link");
        } else {
            tracing::warn!(peer = %self.name, address = %self.address, %why, "no link to a member of the cluster");
        }
        state.complained_of = Some((why.word(), why.to_string()));
        state.link = LinkState::LeftAlone;
        wait
    }
}
