//! The sample's Service on an address of this machine, for programs that are not on the cluster's network: an
//! application that somebody is writing, the example shop.
//!
//! The forwarder is one of the cluster's processes, so it ends with them; it keeps this machine's network for those whom
//! it listens to, and enters the cluster's for those whom it calls.

#![expect(clippy::print_stdout, reason = "it tells who started it where it listens")]

use std::{
    convert::Infallible,
    fs,
    io::{self, BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    os::{fd::AsRawFd as _, unix::process::CommandExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::sandbox::{Identity, Sandbox};

/// Where nodes that run without a cluster listen: what programs try first.
pub(crate) const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 42424);
/// Which process it is.
const FORWARDER: &str = "forwarder.json";
/// A Service without a pod refuses, or says nothing.
const CONNECT: Duration = Duration::from_secs(5);

/// What the forwarder is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The state folder of the cluster.
    #[arg(long)]
    state: PathBuf,
    /// An address on the cluster's network.
    #[arg(long)]
    to: SocketAddr,
}

/// The network that people's programs are on, to be taken hold of before this thread leaves it for the cluster's.
pub(crate) struct Outside(fs::File);

impl Outside {
    /// This thread's network.
    pub(crate) fn here() -> anyhow::Result<Self> {
        fs::File::open("/proc/thread-self/ns/net").map(Self).context("cannot open this thread's network")
    }

    /// A name for it, for other programs, as long as this process runs.
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()))
    }
}

/// Starts it in place of an earlier one, and returns where it listens: [`USUAL`] if that is free.
pub(crate) fn start(
    sandbox: &Sandbox,
    state: &Path,
    outside: &Outside,
    to: &str,
) -> anyhow::Result<SocketAddr> {
    if let Some(earlier) = Identity::read(&state.join(FORWARDER))? {
        earlier.kill()?;
    }
    let log = state.join("logs/forwarder.log");
    let errors = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut start = sandbox.process_command(&outside.path(), std::env::current_exe()?);
    start.args(["forward", "--to", to, "--state"]).arg(state);
    // A group of its own: what interrupts the terminal's command must not end it.
    start.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).process_group(0);
    let mut started = start.spawn().context("cannot start nsenter")?;
    let mut line = String::new();
    BufReader::new(started.stdout.take().expect("it was asked for")).read_line(&mut line)?;
    match line.trim().parse() {
        Ok(address) => Ok(address),
        Err(_) => bail!(
            "the forwarder ended with {}: {}",
            started.wait()?,
            fs::read_to_string(&log).unwrap_or_default().trim()
        ),
    }
}

/// Is it, until the cluster ends. Never returns but with an error.
///
/// # Errors
/// Nothing can be listened to, or the cluster has ended.
pub async fn run(args: &Args) -> anyhow::Result<Infallible> {
    record(&args.state)?;
    let listener = match TcpListener::bind(USUAL).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => TcpListener::bind((USUAL.ip(), 0)).await?,
        bound => bound?,
    };
    println!("{}", listener.local_addr()?);
    // The listener stays where it was made.
    Sandbox::running(&args.state)?.context("no cluster runs")?.enter_network()?;
    loop {
        let (caller, _) = listener.accept().await?;
        tokio::spawn(forward(caller, args.to));
    }
}

/// Under the id that the rest of the machine knows, whose `/proc` this process sees.
fn record(state: &Path) -> anyhow::Result<()> {
    let proc = Path::new("/proc");
    let pid = fs::read_link(proc.join("self"))?.to_string_lossy().parse()?;
    Identity::of(proc, pid)?.write(&state.join(FORWARDER))
}

/// Whichever side fails, the other hears of it by the end of its connection.
async fn forward(mut caller: TcpStream, to: SocketAddr) {
    if let Ok(Ok(mut called)) = timeout(CONNECT, TcpStream::connect(to)).await {
        let _ = caller.set_nodelay(true).and_then(|()| called.set_nodelay(true));
        let _ = copy_bidirectional(&mut caller, &mut called).await;
    }
}
