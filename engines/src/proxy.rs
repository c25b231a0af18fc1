//! A relay between a client and an engine that loses what it is told to lose.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What happens to bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Way {
    /// Connections are closed, new ones too.
    cut: bool,
    /// Answers are read and thrown away; requests arrive.
    swallow_answers: bool,
    /// How long requests lie about before they arrive.
    delay: Duration,
}

/// A TCP relay on loopback in front of an engine. Ends with its connections when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of `engine`, which need not be there yet. Needs a tokio runtime round it.
    ///
    /// # Errors
    /// Loopback cannot be listened on.
    pub async fn start(engine: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let (way, seen) = watch::channel(Way::default());
        Ok(Self { address, way, task: tokio::spawn(accept(listener, engine, seen)) })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections, and each new one at once, until [`Proxy::restore`].
    pub fn cut(&self) {
        self.way.send_modify(|way| way.cut = true);
    }

    /// Undoes whatever was done to the relay. Answers that were swallowed stay lost.
    pub fn restore(&self) {
        self.way.send_replace(Way::default());
    }

    /// From now on requests arrive and answers do not.
    pub fn swallow_answers(&self) {
        self.way.send_modify(|way| way.swallow_answers = true);
    }

    /// From now on requests take this much longer.
    pub fn delay(&self, delay: Duration) {
        self.way.send_modify(|way| way.delay = delay);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, engine: SocketAddr, way: watch::Receiver<Way>) {
    // Dropped with this task, and ends the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(relay(client, engine, way.clone()));
    }
}

/// Until one side closes, or the way is cut.
async fn relay(client: TcpStream, engine: SocketAddr, way: watch::Receiver<Way>) {
    let relayed = async {
        let engine = TcpStream::connect(engine).await?;
        let (from_client, to_client) = client.into_split();
        let (from_engine, to_engine) = engine.into_split();
        let requests = carry(from_client, to_engine, &way, |way| Fate::Late(way.delay));
        let answers = carry(from_engine, to_client, &way, |way| {
            if way.swallow_answers { Fate::Lost } else { Fate::Late(Duration::ZERO) }
        });
        tokio::try_join!(requests, answers).map(|_| ())
    };
    let mut seen = way.clone();
    tokio::select! {
        biased;
        _ = seen.wait_for(|way| way.cut) => {}
        // However it ended, both ends are closed by now.
        _ = relayed => {}
    }
}

/// What becomes of some bytes.
enum Fate {
    Late(Duration),
    Lost,
}

/// Bytes from one side to the other.
async fn carry(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    way: &watch::Receiver<Way>,
    fate: impl Fn(&Way) -> Fate,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            // An error ends the other direction too: half a connection helps nobody here.
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let fate = fate(&way.borrow());
        if let Fate::Late(delay) = fate {
            pause(delay).await;
            to.write_all(&buffer[..read]).await?;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause is what the test asked for")]
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}
