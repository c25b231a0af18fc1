//! Servers that fail as they are told and otherwise do what a node does: they decode with the protocol crate, decide with
//! the session crate, and share their sessions as the nodes of one cluster do.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use cloakroom_client::{Client, Cluster, Discovery, Observe, Session, Settings};
use cloakroom_protocol::aspnet::{AnswerStyle, Decoder, Limits, Meaning, answer_head, key_into};
use cloakroom_session::{Command, Effect, Entry, Input, Outcome, Time, Timeout, step};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is not done, and the connection closes.
    Closes,
    /// It is done, and the connection closes instead of an answer.
    DoesAndCloses,
    /// It is not done, and nobody says anything.
    KeepsSilent,
    /// The node asks to be asked again.
    AsksAgain,
    /// It is not done, and this is said instead.
    Says(&'static str),
    /// Nothing goes wrong.
    None,
}

/// A session at rest, and its body.
type Kept = (Entry, Vec<u8>);

/// The sessions of one cluster.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<Vec<u8>, Kept>>>);

/// One server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    running: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    sessions: Sessions,
    /// For the next requests, one each; none when they are used up.
    faults: Mutex<VecDeque<Fault>>,
    /// What was asked, in one word each.
    asked: Mutex<Vec<&'static str>>,
    connections: AtomicUsize,
    open: AtomicUsize,
}

impl Server {
    pub(crate) async fn start(sessions: &Sessions) -> Self {
        Self::listen(
            ([127, 0, 0, 1], 0).into(),
            Arc::new(Shared { sessions: sessions.clone(), ..Shared::default() }),
        )
        .await
    }

    async fn listen(address: SocketAddr, shared: Arc<Shared>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut running = JoinSet::new();
        let serving = Arc::clone(&shared);
        running.spawn(async move {
            // Dropped with this task, and their connections with them.
            let mut connections = JoinSet::new();
            loop {
                let (peer, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Relaxed);
                let serving = Arc::clone(&serving);
                connections.spawn(async move {
                    serving.open.fetch_add(1, Relaxed);
                    serve(peer, &serving).await;
                    serving.open.fetch_sub(1, Relaxed);
                });
            }
        });
        Self { address, shared, running }
    }

    /// Closes everything; from now on connections are refused.
    pub(crate) async fn stop(&mut self) {
        self.running.shutdown().await;
    }

    /// Listens again where it did.
    pub(crate) async fn restart(&mut self) {
        *self = Self::listen(self.address, Arc::clone(&self.shared)).await;
    }

    /// What goes wrong with the next requests.
    pub(crate) fn fails(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.faults.lock().extend(faults);
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.shared.asked.lock())
    }

    /// How many connections are open that nobody cut.
    pub(crate) fn open(&self) -> usize {
        self.shared.open.load(Relaxed)
    }

    /// How many connections it has accepted.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Relaxed)
    }
}

async fn serve(mut peer: TcpStream, shared: &Shared) {
    let (mut decoder, mut buffer, mut out) = (Decoder::default(), Vec::new(), Vec::new());
    let style = AnswerStyle::default();
    loop {
        if peer.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return;
        }
        let Some(head) = decoder.head(&buffer, &Limits::default()).unwrap() else { continue };
        let (bytes, body_bytes) = (head.head_bytes, head.body_bytes as usize);
        let Meaning::Command(command) = head.meaning else { panic!("{:?}", head.meaning) };
        let mut key = Vec::new();
        key_into(head.target, &mut key);
        while buffer.len() < bytes + body_bytes {
            if peer.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = buffer[bytes..].to_vec();
        buffer.clear();
        shared.asked.lock().push(word(command));
        let fault = shared.faults.lock().pop_front().unwrap_or(Fault::None);
        out.clear();
        match fault {
            Fault::Closes => return,
            Fault::KeepsSilent => {
                let _ = peer.read_buf(&mut buffer).await;
                return;
            }
            Fault::Says(text) => out.extend(text.replace('\n', "\r\n").bytes()),
            Fault::AsksAgain => {
                answer_head(&mut out, &style, &Outcome::Locked { cookie: 0, age_millis: 0 }, 0, |_| 1);
            }
            Fault::DoesAndCloses => return drop(shared.sessions.step(key, command, body)),
            Fault::None => {
                let (outcome, content) = shared.sessions.step(key, command, body);
                answer_head(&mut out, &style, &outcome, content.len(), |_| 1);
                out.extend(content);
            }
        }
        if peer.write_all(&out).await.is_err() {
            return;
        }
    }
}

impl Sessions {
    fn step(&self, key: Vec<u8>, command: Command, body: Vec<u8>) -> (Outcome, Vec<u8>) {
        let mut sessions = self.0.lock();
        let stored = sessions.get(&key).cloned();
        let input = Input { now: Time::ZERO, cookie_step: 1, first_cookie: 1, lifetime_max: Timeout::MAX };
        let decided = step(input, stored.as_ref().map(|(entry, _)| *entry), command);
        let content = stored.map(|(_, content)| content).unwrap_or_default();
        match decided.effect {
            Effect::None => {}
            Effect::Touch(entry, _) => drop(sessions.insert(key, (entry, content.clone()))),
            Effect::Put(entry) => drop(sessions.insert(key, (entry, body))),
            Effect::Remove => drop(sessions.remove(&key)),
        }
        let shown = matches!(decided.outcome, Outcome::Found { .. } | Outcome::Acquired { .. });
        (decided.outcome, if shown { content } else { Vec::new() })
    }
}

fn word(command: Command) -> &'static str {
    match command {
        Command::Get => "get",
        Command::Acquire => "lock",
        Command::Release { .. } => "release",
        Command::Set { .. } => "put",
        Command::Remove { .. } => "remove",
        Command::Touch => "touch",
    }
}

/// Quick to give up, because nobody here is far away.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.connect = Duration::from_millis(500);
    settings.answer = Duration::from_millis(300);
    settings.pause = Duration::from_millis(2);
    settings.pause_max = Duration::from_millis(20);
    settings
}

/// A client of one cluster with these servers and no ring.
pub(crate) async fn client(servers: &[&Server], settings: Settings, observe: impl Observe) -> Client {
    let builder = Client::builder().cluster(cluster(servers)).settings(settings).observe(observe);
    builder.build().await.unwrap()
}

pub(crate) fn cluster(servers: &[&Server]) -> Cluster {
    Cluster::new(Discovery::fixed(servers.iter().map(|server| server.address.to_string())).unwrap())
}

pub(crate) fn session() -> Session {
    Session::new("/LM/W3SVC/1/ROOT", "s").unwrap()
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never came true: {what}");
}
