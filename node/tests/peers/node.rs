//! A node as its peers see it: its port, and a test that answers for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::entropy;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::peers::{
    Answered, Ask, Caller, NoAnswer, PeerListener, Peers, PeersConfig, Question, Reply, Respond, TcpPeers,
};
use cloakroom_ring::{Member, Ring, State};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Longer than anything takes that is going to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

type Answer = dyn Fn(Caller, Question) -> BoxFuture<'static, Answered> + Send + Sync;

pub(crate) struct TestNode {
    pub(crate) peers: Arc<TcpPeers>,
    pub(crate) metrics: Arc<Metrics>,
    /// As others find it in their ring.
    pub(crate) member: Member,
    /// What it was told is undelivered.
    pub(crate) undelivered: mpsc::UnboundedReceiver<Answered>,
    stop: CancellationToken,
    serving: AbortOnDropHandle<()>,
}

struct Script {
    answer: Box<Answer>,
    undelivered: mpsc::UnboundedSender<Answered>,
}

impl Respond for Script {
    fn respond(self: Arc<Self>, from: Caller, question: Question) -> BoxFuture<'static, Answered> {
        (self.answer)(from, question)
    }

    fn undelivered(self: Arc<Self>, answered: Answered) {
        drop(self.undelivered.send(answered));
    }
}

/// A node with nothing special.
pub(crate) fn named(name: &str) -> PeersConfig {
    PeersConfig {
        name: name.to_owned(),
        inc: 1,
        cluster: String::new(),
        key: None,
        tls: None,
        nonce: entropy::nonce,
    }
}

impl TestNode {
    /// A node on a free port.
    pub(crate) fn start<F>(
        config: PeersConfig,
        answer: impl Fn(Caller, Question) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answered> + Send + 'static,
    {
        Self::start_at(([127, 0, 0, 1], 0).into(), config, answer)
    }

    pub(crate) fn start_at<F>(
        address: SocketAddr,
        config: PeersConfig,
        answer: impl Fn(Caller, Question) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answered> + Send + 'static,
    {
        let metrics = Arc::new(Metrics::new("test", 0));
        let name = config.name.clone();
        let peers = TcpPeers::new(config, Arc::clone(&metrics)).unwrap();
        let listener = PeerListener::bind(address, &peers).unwrap();
        let member = member(&name, listener.local_addr().unwrap());
        let (sender, undelivered) = mpsc::unbounded_channel();
        let answer = Box::new(move |from, question| Box::pin(answer(from, question)) as BoxFuture<_>);
        let stop = CancellationToken::new();
        let script = Arc::new(Script { answer, undelivered: sender });
        let serving = AbortOnDropHandle::new(tokio::spawn(listener.serve(script, stop.clone())));
        Self { peers, metrics, member, undelivered, stop, serving }
    }

    /// A node that answers everything with its own epoch, 1.
    pub(crate) fn echo(config: PeersConfig) -> Self {
        Self::start(config, |_, question| async move { beacon_answer(&question) })
    }

    pub(crate) async fn ask(&self, to: &Member, ask: Ask) -> Result<Answered, NoAnswer> {
        self.peers.ask(to, Question { epoch: 1, ask }, PATIENCE).await
    }

    /// Asks for a sign of life until there is one.
    pub(crate) async fn reach(&self, to: &Member) {
        eventually(async || self.ask(to, beacon()).await.is_ok()).await;
    }

    /// Stops listening, and ends all links that others opened.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
    }
}

pub(crate) fn member(name: &str, address: SocketAddr) -> Member {
    Member { name: name.to_owned(), pod_uid: String::new(), address, clients: None, state: State::Active }
}

pub(crate) fn ring(epoch: u64, members: &[&Member]) -> Ring {
    let members = members.iter().map(|member| (*member).clone()).collect();
    Ring { cluster: "shop".to_owned(), epoch, members, unsettled: Vec::new(), lossy: false }
}

pub(crate) fn beacon() -> Ask {
    Ask::Beacon { settled: 0 }
}

pub(crate) fn beacon_answer(question: &Question) -> Answered {
    Answered { epoch: question.epoch, reply: Reply::Beacon { settled: 0 } }
}

/// Waits until `holds`.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let until_it_holds = async {
        while !holds().await {
            // Other tasks and the sockets have their turn.
            drop(tokio::time::timeout(Duration::from_millis(2), std::future::pending::<()>()).await);
        }
    };
    tokio::time::timeout(PATIENCE, until_it_holds).await.expect("it never came true");
}

/// What `future` gives, if it ever does.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it never came")
}
