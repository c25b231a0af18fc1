//! What a call costs the process that makes it: by the client, by a single connection of it, and by a bare socket with
//! the same bytes.
//!
//! A node on one core, this program on another. The ways take turns in every round and make their calls one after the
//! other, as many at a time as there are callers. What counts is the CPU of this process, user and system, per call.

mod caller;
mod socket;

use std::{fs, rc::Rc, time::Duration};

use anyhow::{Context as _, Result};
use cloakroom_client::{Client, Cluster, Connection, Discovery, Session};
use tokio::task::LocalSet;

use super::{LONG, SEED};
use crate::{
    clock::Clock,
    key::mix,
    peer::Peer,
    server::{Ground, Server},
    statistics::{Summary, summary},
};
use caller::{Call, Caller, Errand};
use socket::{Blocking, Socket};

/// How thorough.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How often each way takes its turn.
    pub(crate) rounds: u32,
    /// Time measured in each turn, for each call.
    pub(crate) window: Duration,
    /// Callers at a time, one measurement for each number.
    pub(crate) callers: Vec<usize>,
}

impl Plan {
    /// A minute.
    pub(crate) const QUICK: (u32, Duration) = (5, Duration::from_millis(400));
    /// Four minutes; what is published.
    pub(crate) const FULL: (u32, Duration) = (11, Duration::from_secs(1));
}

/// Bytes of every session.
const BODY: usize = 2048;
/// Application of all sessions.
const APP: &str = "/LM/W3SVC/1/ROOT";
/// Plenty for the few sessions of this question.
const MEMORY_MIB: usize = 256;

/// Who makes the calls. The first one is what the others are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Socket,
    Connection,
    Client,
    /// Without a runtime: what a thread pays that does nothing else. One at a time only.
    Blocking,
}

impl Way {
    const ALL: [Self; 4] = [Self::Socket, Self::Connection, Self::Client, Self::Blocking];

    const fn name(self) -> &'static str {
        match self {
            Self::Socket => "bare socket, asynchronous",
            Self::Connection => "`Connection`",
            Self::Client => "`Client` with a ring",
            Self::Blocking => "bare socket, blocking",
        }
    }
}

/// Runs `plan` and returns its table.
///
/// # Errors
/// The node does not start or answers wrongly.
pub(crate) fn measure(ground: &Ground, plan: &Plan) -> Result<String> {
    let server = Server::start(Peer::CloakroomMemory, ground, MEMORY_MIB)?;
    let folder = tempfile::tempdir_in(&ground.scratch)?;
    let ring = folder.path().join("ring.json");
    let address = server.address();
    let text = format!(
        r#"{{"cluster": "bench", "epoch": 1, "members": [
            {{"name": "node", "address": "{address}", "clients": "{address}", "state": "Active"}}]}}"#
    );
    fs::write(&ring, text)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = runtime.block_on(async {
        let cluster = Cluster::new(Discovery::ring_file(&ring));
        Client::builder().cluster(cluster).build().await.context("the client does not find the node")
    })?;
    let mut table = String::from(
        "Microseconds of CPU per call, user and system.\n\n\
         | callers | way | get | put | lock, then put | above the asynchronous socket, all three |\n|---|---|---|---|---|---|\n",
    );
    for &callers in &plan.callers {
        let mut costs: [[Vec<f64>; 3]; 4] = Default::default();
        for round in 1..=plan.rounds {
            eprintln!("  {callers} callers, round {round} of {}", plan.rounds);
            for (way, costs) in Way::ALL.into_iter().zip(&mut costs) {
                if way == Way::Blocking && callers > 1 {
                    continue;
                }
                for (call, costs) in Call::ALL.into_iter().zip(costs) {
                    let turn =
                        Turn { address: &address.to_string(), way, call, callers, window: plan.window };
                    costs.push(turn.run(&runtime, &client)?);
                }
            }
        }
        for (way, own) in Way::ALL.into_iter().zip(&costs).filter(|(_, own)| !own[0].is_empty()) {
            let [get, put, pair] = own.each_ref().map(|costs| shown(costs));
            let means = |costs: &[Vec<f64>; 3]| {
                let mean = |round: usize| costs.iter().map(|costs| costs[round]).sum::<f64>() / 3.0;
                (0..costs[0].len()).map(mean).collect::<Vec<f64>>()
            };
            let above: Vec<f64> =
                means(own).iter().zip(means(&costs[0])).map(|(own, bare)| own - bare).collect();
            let above = if way == Way::Socket { String::new() } else { shown(&above) };
            table.push_str(&format!("| {callers} | {} | {get} | {put} | {pair} | {above} |\n", way.name()));
        }
    }
    Ok(table)
}

fn shown(values: &[f64]) -> String {
    let Summary { median, min, max } = summary(values).expect("at least one round");
    format!("{median:.2} [{min:.2}, {max:.2}]")
}

/// One way, one kind of call, for one window.
struct Turn<'a> {
    address: &'a str,
    way: Way,
    call: Call,
    callers: usize,
    window: Duration,
}

impl Turn<'_> {
    /// Microseconds of CPU for each request.
    fn run(&self, runtime: &tokio::runtime::Runtime, client: &Client) -> Result<f64> {
        if self.way == Way::Blocking {
            let errand = errand(0)?;
            let mut socket = Blocking::connect(self.address)?;
            return per_request(|| socket.spend(self.call, &errand, self.window));
        }
        let all = LocalSet::new();
        let mut callers = Vec::new();
        for number in 0..self.callers {
            let caller = runtime.block_on(async {
                Ok::<_, anyhow::Error>(match self.way {
                    Way::Connection => Caller::Connection(Box::new(Connection::connect(self.address).await?)),
                    Way::Client => Caller::Client(client.clone()),
                    _ => Caller::Socket(Socket::connect(self.address).await?),
                })
            })?;
            callers.push((caller, errand(number)?));
        }
        let (call, window) = (self.call, self.window);
        per_request(|| {
            let spending = callers.into_iter().map(|(mut caller, errand)| {
                all.spawn_local(async move { caller.spend(call, &errand, window).await })
            });
            let spending: Vec<_> = spending.collect();
            all.block_on(runtime, async {
                let mut requests = 0;
                for spent in spending {
                    requests += spent.await??;
                }
                Ok(requests)
            })
        })
    }
}

/// The CPU that this process uses while `work` makes its requests, for each of them.
fn per_request(work: impl FnOnce() -> Result<u64>) -> Result<f64> {
    let before = cpu();
    let requests = work()?;
    Ok((cpu() - before).as_secs_f64() * 1e6 / requests as f64)
}

fn cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(used).expect("CPU time is not negative")
}

/// What the caller of that number asks for.
fn errand(number: usize) -> Result<Errand> {
    let id = format!("{:024x}", mix(SEED ^ number as u64));
    let mut body = Vec::new();
    crate::body::write(number as u64, 1, BODY, &mut body);
    let target = cloakroom_protocol::aspnet::target(APP, &id).map_err(|error| anyhow::anyhow!("{error}"))?;
    let timeout =
        cloakroom_client::Timeout::from_minutes(LONG).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Errand { session: Session::new(APP, &id)?, target: Rc::from(target), body, timeout })
}

/// Whether `window` is over, looked at now and then.
fn is_over(clock: Clock, requests: u64, window: Duration) -> bool {
    requests.is_multiple_of(64) && clock.elapsed() > window
}
