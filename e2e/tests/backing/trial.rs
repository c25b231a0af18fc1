//! One cluster with one engine behind it, and what happens to it under load.

use std::time::Duration;

use cloakroom_e2e::{
    Host, Signal,
    engine::{Engine, Flavour, Mode, Purpose},
    load::{Load, Plan, Report},
    testbed::{Sandbox, condition, converged, eventually, ready, sandbox, small},
};
use tokio::sync::Mutex;

/// Name of the cluster.
const SHOP: &str = "shop";
/// Before an event and after it, to compare with.
const CALM: Duration = Duration::from_secs(2);

/// What every fault is done to.
pub(crate) struct Trial<'a> {
    pub(crate) at: &'a Sandbox,
    pub(crate) host: &'a Host,
    pub(crate) engine: Engine,
    pub(crate) flavour: Flavour,
    address: String,
}

/// There is one of each engine at a time: it has one address.
static REDIS: Mutex<()> = Mutex::const_new(());
static POSTGRES: Mutex<()> = Mutex::const_new(());

/// Runs `body` on three nodes with an engine of their own.
pub(crate) async fn trial(flavour: Flavour, mode: Mode, body: impl AsyncFnOnce(&Trial<'_>)) {
    let _turn = match flavour {
        Flavour::Redis => REDIS.lock().await,
        Flavour::Postgres => POSTGRES.lock().await,
    };
    let name = format!("{mode:?}-{flavour:?}").to_lowercase();
    sandbox(&name, async |at: &Sandbox| {
        let Some(host) = at.host() else { return };
        let engine =
            Engine::start(host, flavour, Purpose::Test).await.unwrap_or_else(|error| panic!("{error:#}"));
        engine.admit(&at.client, &at.namespace).await.expect("its Secret is taken");
        let mut spec = small(3);
        spec["backingStore"] = engine.spec(mode);
        let address = at.serving(SHOP, &spec).await;
        let trial = Trial { at, host, engine, flavour, address };
        trial.settled().await;
        body(&trial).await;
        trial.engine.remove().await.expect("it ends");
    })
    .await;
}

impl Trial<'_> {
    /// Runs `event` under a load with sessions of its own, those of `seed`, and prints what came of it.
    pub(crate) async fn under_load(&self, seed: u64, event: impl AsyncFnOnce(&Load)) -> Report {
        let plan = Plan { rate: 150.0, sessions: 600, seed, ..Plan::default() };
        let report = Load::around(&self.address, plan, CALM, event).await;
        println!("{report}");
        report
    }

    /// Names of the pods, by their ordinals.
    pub(crate) fn pods(&self) -> [String; 3] {
        [0, 1, 2].map(|ordinal| format!("{SHOP}-{ordinal}"))
    }

    /// The process of a pod's node.
    pub(crate) async fn pid(&self, pod: &str) -> u32 {
        self.host.pid_of(&self.at.namespace, pod, "node").await.expect("it runs")
    }

    /// Kills the process of a pod's node and waits until another one serves in its place.
    pub(crate) async fn kill(&self, pod: &str) {
        let pid = self.pid(pod).await;
        self.host.signal(pid, Signal::Kill).expect("it runs");
        eventually("kubelet has started it again", async || {
            match self.host.pid_of(&self.at.namespace, pod, "node").await {
                Ok(again) if again != pid => Ok(()),
                Ok(_) => Err("it is the same process".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
        self.settled().await;
    }

    /// Waits until all nodes serve, reach the engine, and nothing is under way.
    pub(crate) async fn settled(&self) {
        let reachable = condition("BackingStoreReachable", "True");
        let serve = ready(3);
        self.at
            .wait("3 nodes serve and reach the engine", SHOP, |cluster| {
                serve(cluster) && reachable(cluster) && converged(cluster)
            })
            .await;
    }

    /// A figure that a pod's node reports, of the metric `name` with its labels.
    pub(crate) fn figure(&self, pod: &str, name: &str) -> u64 {
        let path = format!("/api/v1/namespaces/{}/pods/{pod}:9424/proxy/metrics", self.at.namespace);
        let page = self.at.kubectl(&["get", "--raw", &path]);
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{pod} says nothing of {name}"))
    }
}
