//! West and east: two clusters of one group, with the engine that they share.

use cloakroom_e2e::{
    CutOffFrom, Host,
    engine::{Engine, Flavour, Mode, Purpose},
    load::{Load, Plan, Report, Tier},
    testbed::{Sandbox, condition, converged, ready, sandbox, small},
};
use cloakroom_location::KeyRing;
use futures_util::future::join;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

/// Name of both clusters.
pub(crate) const SHOP: &str = "shop";
/// Nodes of each.
const NODES: i32 = 2;
/// As tiers of a load.
pub(crate) const WEST: usize = 0;
pub(crate) const EAST: usize = 1;

/// The Secret by which their gateways know each other.
const GROUP_SECRET: &str = "group";
const GATEWAY_PORT: u16 = 42_426;

/// What everything here is done to.
pub(crate) struct Group<'a> {
    pub(crate) west: Place<'a>,
    pub(crate) east: Place<'a>,
    pub(crate) host: &'a Host,
    pub(crate) engine: Engine,
}

/// 200 sessions in both data centres together; loads with different seeds have sessions of their own.
pub(crate) fn plan(seed: u64) -> Plan {
    Plan { rate: 60.0, sessions: 200, seed, ..Plan::default() }
}

/// One data centre.
pub(crate) struct Place<'a> {
    pub(crate) at: &'a Sandbox,
    number: u8,
}

/// Runs `body` on two clusters that share their sessions, in namespaces named after `test`.
pub(crate) async fn group(test: &str, body: impl AsyncFnOnce(&Group<'_>)) {
    sandbox(&format!("{test}-west"), async |west: &Sandbox| {
        sandbox(&format!("{test}-east"), async |east: &Sandbox| {
            let Some(host) = west.host() else { return };
            let engine = Engine::start(host, Flavour::Postgres, Purpose::Test).await;
            let engine = engine.unwrap_or_else(|error| panic!("{error:#}"));
            let group = Group {
                west: Place { at: west, number: 1 },
                east: Place { at: east, number: 2 },
                host,
                engine,
            };
            join(group.serving(&group.west, &group.east), group.serving(&group.east, &group.west)).await;
            join(group.west.settled(), group.east.settled()).await;
            body(&group).await;
            group.engine.remove().await.expect("it ends");
        })
        .await;
    })
    .await;
}

impl Group<'_> {
    async fn serving(&self, place: &Place<'_>, other: &Place<'_>) {
        let Place { at, .. } = place;
        self.engine.admit(&at.client, &at.namespace).await.expect("its Secret is taken");
        share_key(at).await;
        let mut spec = small(NODES);
        spec["backingStore"] = self.engine.spec(Mode::WriteThrough);
        spec["dataCentre"] = json!({
            "group": "west/shop",
            "name": place.name(),
            "number": place.number,
            "gateway": {
                "keySecret": { "name": GROUP_SECRET },
                "allowFrom": [{ "namespaceSelector": { "matchLabels": {
                    "kubernetes.io/metadata.name": other.at.namespace,
                }}}],
            },
        });
        spec["peers"] = json!([{
            "name": other.name(),
            "number": other.number,
            "address": format!("{SHOP}-gateway.{}.svc:{GATEWAY_PORT}", other.at.namespace),
        }]);
        if other.number < place.number {
            // Web servers here would have a copy of the other one's.
            spec["locationKeys"] = json!({ "secretName": "copied" });
        }
        at.serving(SHOP, &spec).await;
    }

    /// Stock clients in both places, each asking the Service of its own.
    pub(crate) async fn stock(&self) -> Vec<Tier> {
        vec![Tier::Stock(self.west.at.address(SHOP).await), Tier::Stock(self.east.at.address(SHOP).await)]
    }

    /// The client library in both places, each with its own data centre first.
    pub(crate) async fn library(&self) -> Vec<Tier> {
        let (west, east) = join(self.west.servers(), self.east.servers()).await;
        vec![Tier::Library(vec![west.clone(), east.clone()]), Tier::Library(vec![east, west])]
    }

    /// The keys of the location cookie.
    pub(crate) async fn keys(&self) -> KeyRing {
        let secret = self.west.at.api::<Secret>().get("shop-location").await.expect("the operator made it");
        let data = secret.data.expect("it holds something");
        KeyRing::from_json(str::from_utf8(&data["keys.json"].0).expect("text")).expect("keys")
    }

    /// Two loads at once with sessions of their own: of stock clients, and of the client library with cookies.
    pub(crate) async fn loads(&self) -> Loads {
        let stock = Load::start_in(self.stock().await, None, plan(1)).await;
        let library = Load::start_in(self.library().await, Some(self.keys().await), plan(2)).await;
        let calm = "two calm data centres store every session";
        Loads { stock: stock.expect(calm), library: library.expect(calm) }
    }

    /// Cuts all pods of west off, or reconnects them.
    pub(crate) async fn cut_west(&self, from: Option<CutOffFrom>) {
        for pod in self.west.pods() {
            let pid = self.host.pid_of(&self.west.at.namespace, &pod, "node").await.expect("it runs");
            let done = match from {
                Some(from) => self.host.cut_off(pid, from),
                None => self.host.reconnect(pid),
            };
            done.expect("it runs");
        }
    }
}

impl Place<'_> {
    fn name(&self) -> &'static str {
        if self.number == 1 { "west" } else { "east" }
    }

    fn pods(&self) -> Vec<String> {
        (0..NODES).map(|ordinal| format!("{SHOP}-{ordinal}")).collect()
    }

    /// Its number, and where its nodes are.
    async fn servers(&self) -> (u8, Vec<String>) {
        let mut servers = Vec::new();
        for ordinal in 0..self.pods().len() {
            servers.push(self.at.pod_address(SHOP, ordinal).await);
        }
        (self.number, servers)
    }

    /// Waits until all its nodes serve, reach the engine and the other data centre, and nothing is under way.
    pub(crate) async fn settled(&self) {
        let (serve, engine) = (ready(NODES), condition("BackingStoreReachable", "True"));
        let peers = condition("PeersReachable", "True");
        let wanted = "its nodes serve, reach the engine and the other data centre";
        let is = |cluster: &_| serve(cluster) && engine(cluster) && peers(cluster) && converged(cluster);
        self.at.wait(wanted, SHOP, is).await;
    }

    /// The sum of a figure that its nodes report, of the metric `name` with any labels.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        let of = |pod: String| {
            let path = format!("/api/v1/namespaces/{}/pods/{pod}:9424/proxy/metrics", self.at.namespace);
            let page = self.at.kubectl(&["get", "--raw", &path]);
            let values: Vec<u64> = page.lines().filter_map(|line| value(line, name)).collect();
            assert!(!values.is_empty(), "{pod} says nothing of {name}");
            values.into_iter().sum::<u64>()
        };
        self.pods().into_iter().map(of).sum()
    }
}

/// Of `name 3` or `name{label="word"} 3`.
fn value(line: &str, name: &str) -> Option<u64> {
    let rest = line.strip_prefix(name)?;
    let rest =
        rest.strip_prefix('{').and_then(|labels| labels.split_once('}')).map_or(rest, |(_, rest)| rest);
    rest.strip_prefix(' ')?.parse().ok()
}

async fn share_key(at: &Sandbox) {
    let secret: Value = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": GROUP_SECRET },
        "stringData": { "key": "the same long text in both places" },
    });
    let secrets: Api<Secret> = at.api();
    let params = PatchParams::apply("e2e");
    secrets.patch(GROUP_SECRET, &params, &Patch::Apply(secret)).await.expect("it is taken");
}

/// The loads of both kinds of clients.
pub(crate) struct Loads {
    pub(crate) stock: Load,
    pub(crate) library: Load,
}

impl Loads {
    pub(crate) fn mark(&self, name: &str) {
        self.both().into_iter().for_each(|load| load.mark(name));
    }

    pub(crate) fn serve(&self, tier: usize, by: usize) {
        self.both().into_iter().for_each(|load| load.serve(tier, by));
    }

    pub(crate) async fn a_while(&self, time: std::time::Duration) {
        join(self.stock.a_while(time), self.library.a_while(time)).await;
    }

    /// Of the stock clients and of the library, as printed.
    pub(crate) async fn finish(self) -> [Report; 2] {
        let (stock, library) = join(self.stock.finish(), self.library.finish()).await;
        for (name, report) in [("stock clients", &stock), ("client library", &library)] {
            println!("{name}: {report}");
        }
        [stock, library]
    }

    fn both(&self) -> [&Load; 2] {
        [&self.stock, &self.library]
    }
}
