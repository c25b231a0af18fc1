//! What happens: to a node, to its network, to the engine.

use std::time::Duration;

use cloakroom_bench::distribution::{Draws, Lengths};
use cloakroom_e2e::{
    CutOffFrom,
    load::{Load, long},
    testbed::eventually,
};

use crate::{ledger::Ledger, trial::Trial};

/// Longer than a request may take, and than a silent node stays in the ring.
const CUT: Duration = Duration::from_secs(10);
/// What waits to be stored.
const WAITING: &str = "cloakroom_unflushed_sessions";

/// Kills one node after the other, whichever it is.
pub(crate) async fn kills(trial: &Trial<'_>, load: &Load, ledger: &mut Ledger<'_>) {
    let mut draws = Draws::new(1, Lengths::Fixed, 1).expect("a valid compression");
    let pods = trial.pods();
    for time in 1..=if long() { 100 } else { 10 } {
        let pod = &pods[draws.below(pods.len())];
        ledger.before_fault(load, pod, true).await;
        load.mark(&format!("kill -9 of {pod}, {time}"));
        trial.kill(pod).await;
    }
}

/// Cuts one node off for some seconds.
pub(crate) async fn cut(trial: &Trial<'_>, load: &Load, ledger: &mut Ledger<'_>, from: CutOffFrom) {
    let [_, pod, _] = trial.pods();
    let pid = trial.pid(&pod).await;
    ledger.before_fault(load, &pod, false).await;
    load.mark(&format!("cut off from {from:?}"));
    trial.host.cut_off(pid, from).expect("it runs");
    load.a_while(CUT).await;
    load.mark("reconnected");
    trial.host.reconnect(pid).expect("it runs");
    trial.settled().await;
}

/// Takes the engine away for a while, as a crash of it does.
pub(crate) async fn engine_away(trial: &Trial<'_>, load: &Load) {
    load.mark("engine stopped");
    trial.engine.crash().await.expect("it runs");
    load.a_while(Duration::from_secs(if long() { 60 } else { 20 })).await;
    load.mark("engine is back");
    trial.engine.restart().await.expect("it starts");
    trial.settled().await;
}

/// Waits until the engine has all that the nodes have.
pub(crate) async fn all_stored(trial: &Trial<'_>) {
    eventually("the engine has every session", async || {
        let waiting = trial.pods().map(|pod| trial.figure(&pod, WAITING));
        if waiting == [0; 3] { Ok(()) } else { Err(format!("{waiting:?} wait")) }
    })
    .await;
}
