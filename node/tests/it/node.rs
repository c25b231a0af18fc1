//! A node inside the test process, on a free port and a clock of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cloakroom_node::clock::Clock;
use cloakroom_node::disk::volume::Directory;
use cloakroom_node::entropy;
use cloakroom_node::gateway::Gateway;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::server::Server;
use cloakroom_node::store::Settings;
use cloakroom_node::tiers::Tiers;
use cloakroom_node_config::NodeConfig;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::clock::ManualClock;
use crate::eventually::eventually;

pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    /// Where it accepts encrypted connections, if it was told to.
    pub(crate) encrypted: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    clock: Arc<ManualClock>,
    shutdown: CancellationToken,
    served: Option<JoinHandle<()>>,
    tiers: Option<Tiers>,
    runtime: Runtime,
    _data: TempDir,
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// A node with the default configuration but for what `adjust` changes.
    pub(crate) fn with(adjust: impl FnOnce(&mut NodeConfig)) -> Self {
        let mut config =
            NodeConfig { state_listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..NodeConfig::default() };
        adjust(&mut config);
        let metrics = Arc::new(Metrics::new("test", 0));
        let clock = Arc::new(ManualClock::default());
        let ticking: Arc<dyn Clock> = clock.clone();
        let data = tempfile::tempdir().expect("a place for files");
        let volume = Arc::new(Directory::open(data.path()).expect("a data directory"));
        let tiers = Tiers::open(
            volume,
            Settings::from(&config),
            Arc::clone(&ticking),
            Arc::clone(&metrics),
            entropy::new_identity,
            &mut |_| {},
        );
        let tiers = tiers.expect("a new store");
        let store = Arc::clone(tiers.store());
        let shutdown = CancellationToken::new();
        let runtime = Runtime::new().expect("threads");
        let (address, encrypted, served) = {
            let _entered = runtime.enter();
            let gateway = Gateway::Alone(store);
            let server = Server::bind(&config, gateway, Arc::clone(&metrics), ticking, Arc::default())
                .expect("a free port");
            let address = server.local_addr().expect("it is bound");
            let encrypted = server.tls_addr().expect("it is bound").unwrap_or(address);
            (address, encrypted, runtime.spawn(server.serve(shutdown.clone())))
        };
        Self {
            address,
            encrypted,
            metrics,
            clock,
            shutdown,
            served: Some(served),
            tiers: Some(tiers),
            runtime,
            _data: data,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Sends `bytes` and waits until the node has them.
    pub(crate) fn deliver(&self, client: &mut Client, bytes: &[u8]) {
        let before = self.metrics.received_bytes.get();
        client.send(bytes);
        eventually("the node reads", || self.metrics.received_bytes.get() == before + bytes.len() as u64);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Begins to drain.
    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Waits until it has drained.
    pub(crate) fn stopped(&mut self) {
        if let Some(served) = self.served.take() {
            self.runtime.block_on(served).expect("serving does not panic");
        }
    }

    /// Runs `hostile` while a well-behaved client works, all of whose requests must be answered right.
    pub(crate) fn beside_a_good_client(&self, hostile: impl FnOnce()) {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let good = scope.spawn(|| {
                let mut client = self.client();
                let mut served = 0;
                while served < 100 || !over.load(Ordering::SeqCst) {
                    let (key, body) =
                        (format!("good%2f{}", served % 10), format!("content {served}").into_bytes());
                    client.set(&key, &body);
                    assert_eq!(client.get(&key), Some(body));
                    served += 1;
                }
            });
            hostile();
            over.store(true, Ordering::SeqCst);
            good.join().expect("the good client is served");
        });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
        // A failed test has said what it has to say.
        if !thread::panicking() {
            self.stopped();
            let tiers = self.tiers.take().expect("closed once");
            tiers.close().expect("everything is on disk");
        }
    }
}
