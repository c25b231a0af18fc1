//! Write-through: nothing that was answered is lost, and no lock has two holders, whatever happens.

use cloakroom_e2e::{
    CutOffFrom,
    engine::{Flavour, Mode},
    load::Report,
};

use crate::{
    fault,
    ledger::Ledger,
    table,
    trial::{Trial, trial},
};

const MODE: Mode = Mode::WriteThrough;

#[tokio::test]
async fn on_redis() {
    check(Flavour::Redis).await;
}

#[tokio::test]
async fn on_postgres() {
    check(Flavour::Postgres).await;
}

async fn check(flavour: Flavour) {
    trial(flavour, MODE, async |trial: &Trial<'_>| {
        let mut ledger = Ledger::open(trial);
        let report = trial.under_load(1, async |load| fault::kills(trial, load, &mut ledger).await).await;
        judge(trial, "nodes killed", &report, ledger.counted());

        for (seed, from) in [(2, CutOffFrom::Everybody), (3, CutOffFrom::Peers)] {
            let cut = async |load: &_| fault::cut(trial, load, &mut ledger, from).await;
            let report = trial.under_load(seed, cut).await;
            judge(trial, &format!("node cut off from {from:?}"), &report, ledger.counted());
        }

        let report = trial.under_load(4, async |load| fault::engine_away(trial, load).await).await;
        judge(trial, "engine stopped", &report, ledger.counted());
        table::print();
    })
    .await;
}

fn judge(trial: &Trial<'_>, fault: &str, report: &Report, counted: u64) {
    table::add(MODE, trial.flavour, fault, report, counted);
    report.check_nothing_lost();
    report.check_no_lock_twice();
    assert_eq!(counted, 0, "sessions that the nodes count as lost");
}
