//! The other nodes, over TCP.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node_config::PeerTls;
use cloakroom_ring::{Member, Ring};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::{Mutex, RwLock};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::hello::Key;
use super::link::Waiting;
use super::local::Local;
use super::message::{Answered, NoAnswer, Peers, Question};
use super::peer::Peer;
use super::questions::NotTaken;
use super::tls::{Tls, TlsUnusable};
use super::unwanted::Unwanted;
use crate::metrics::{Metrics, PeerAsk, PeerResult};

/// What links need to know of this node.
#[derive(Clone)]
pub struct PeersConfig {
    /// This node's name in the ring.
    pub name: String,
    /// Drawn at each start of the process.
    pub inc: u64,
    /// The cluster's identity; empty until a ring is known.
    pub cluster: String,
    /// The secret that all nodes share. Without it there are links to and from loopback addresses only.
    pub key: Option<Arc<[u8]>>,
    /// Certificates; plain TCP without.
    pub tls: Option<PeerTls>,
    /// Draws a number that was never used before and that nobody can guess.
    pub nonce: fn() -> [u8; 32],
}

/// Asks other nodes over one link to each.
#[derive(Debug)]
pub struct TcpPeers {
    pub(super) local: Arc<Local>,
    peers: RwLock<Known>,
    stop: CancellationToken,
    _stop_when_dropped: DropGuard,
}

#[derive(Debug, Default)]
struct Known {
    peers: BTreeMap<String, Arc<Peer>>,
    /// The members of the ring, once one is known. Nobody else is remembered.
    ring: Option<Vec<Member>>,
}

/// Who is asked by one question.
struct Asked {
    peer: Arc<Peer>,
    /// Under a ring that is over: its link is not kept.
    only_now: bool,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.only_now {
            self.peer.dismiss();
        }
    }
}

impl Known {
    fn find(&self, member: &Member) -> Option<Arc<Peer>> {
        self.peers.get(&member.name).filter(|peer| peer.address == member.address).cloned()
    }
}

impl TcpPeers {
    /// The way to the other nodes. Nothing is opened before somebody is asked.
    ///
    /// # Errors
    /// If the certificates of `config` cannot be used.
    pub fn new(config: PeersConfig, metrics: Arc<Metrics>) -> Result<Arc<Self>, TlsUnusable> {
        let PeersConfig { name, inc, cluster, key, tls, nonce } = config;
        let local = Arc::new(Local {
            name: name.into(),
            inc,
            cluster: Mutex::new(cluster.into()),
            key: Key::new(key),
            tls: tls.map(Tls::open).transpose()?,
            nonce,
            metrics,
            unwanted: Arc::new(Unwanted::default()),
        });
        let stop = CancellationToken::new();
        let _stop_when_dropped = stop.clone().drop_guard();
        Ok(Arc::new(Self { local, peers: RwLock::default(), stop, _stop_when_dropped }))
    }

    fn peer(&self, to: &Member) -> Asked {
        if let Some(peer) = self.peers.read().find(to) {
            return Asked { peer, only_now: false };
        }
        let mut known = self.peers.write();
        if let Some(peer) = known.find(to) {
            return Asked { peer, only_now: false };
        }
        let peer = Peer::new(&to.name, to.address);
        let only_now = known.ring.as_ref().is_some_and(|members| !is_among(members, &peer));
        if !only_now && let Some(moved_away) = known.peers.insert(to.name.clone(), Arc::clone(&peer)) {
            moved_away.dismiss();
        }
        Asked { peer, only_now }
    }

    /// As [`Peers::ask`], until `over`.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn ask_until(
        &self,
        to: &Member,
        question: Question,
        over: impl Future<Output = ()>,
    ) -> Result<Answered, NoAnswer> {
        let kind = PeerAsk::from(&question.ask);
        let mut waiting = None;
        let answered = tokio::select! {
            biased;
            answered = self.attempt(to, question, &mut waiting) => Some(answered),
            () = over => None,
        };
        let result = match answered {
            Some(result) => result,
            None => waiting.map_or(Err(NoAnswer::NotSent), Waiting::give_up),
        };
        self.local.metrics.peer_questions.inc(kind, PeerResult::from(&result));
        result
    }

    /// Whoever asks `name` next connects anew, if it would have been asked at `address`.
    pub fn forget(&self, name: &str, address: SocketAddr) {
        let mut known = self.peers.write();
        if known.peers.get(name).is_some_and(|peer| peer.address == address)
            && let Some(peer) = known.peers.remove(name)
        {
            peer.dismiss();
        }
    }

    /// Why there is no link to `name`, for people, as far as that is known.
    #[must_use]
    pub fn problem(&self, name: &str) -> Option<String> {
        self.peers.read().peers.get(name)?.problem()
    }

    async fn attempt(
        &self,
        to: &Member,
        question: Question,
        waiting: &mut Option<Waiting>,
    ) -> Result<Answered, NoAnswer> {
        let asked = self.peer(to);
        let link = asked.peer.link(&self.local, &self.stop).await?;
        let filed = link.ask(&question).await.map_err(|not_taken| {
            if let NotTaken::TooLarge(too_large) = not_taken {
                tracing::error!(%too_large, peer = to.name, "a question cannot be sent");
            }
            NoAnswer::NotSent
        })?;
        // Its content need not stay in memory for the answer.
        drop(question);
        waiting.insert(filed).await
    }
}

impl Peers for TcpPeers {
    fn ask<'a>(
        &'a self,
        to: &'a Member,
        question: Question,
        patience: Duration,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        let over = async move { drop(timeout(patience, pending::<()>()).await) };
        self.ask_until(to, question, over).boxed()
    }

    fn members(&self, ring: &Ring) {
        *self.local.cluster.lock() = ring.cluster.as_str().into();
        let mut known = self.peers.write();
        known.peers.retain(|_, peer| {
            let stays = is_among(&ring.members, peer);
            if !stays {
                peer.dismiss();
            }
            stays
        });
        known.ring = Some(ring.members.clone());
    }
}

fn is_among(members: &[Member], peer: &Peer) -> bool {
    members.iter().any(|member| *member.name == *peer.name && member.address == peer.address)
}
