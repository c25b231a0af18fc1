//! Write-behind: what is lost is at most what was changed in the last moments of a node, and the nodes count it.

use cloakroom_e2e::{
    CutOffFrom,
    engine::{Flavour, Mode},
    load::Report,
};

use crate::{
    fault,
    ledger::{Ledger, exposed},
    table,
    trial::{Trial, trial},
};

const MODE: Mode = Mode::WriteBehind;

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

        let mut ledger = Ledger::open(trial);
        let cut = async |load: &_| fault::cut(trial, load, &mut ledger, CutOffFrom::Everybody).await;
        let report = trial.under_load(2, cut).await;
        judge(trial, "node cut off", &report, ledger.counted());

        let mut ledger = Ledger::open(trial);
        let report = trial.under_load(3, async |load| fault::engine_away(trial, load).await).await;
        judge(trial, "engine stopped", &report, ledger.counted());
        report.check_nothing_lost();
        fault::all_stored(trial).await;
        table::print();
    })
    .await;
}

/// Nodes count nine in ten of what is lost, and no more than was exposed. They count when a node brings back what it alone
/// knew; if a client asks for the session before that, its new owner may have looked already, and nobody compares.
fn judge(trial: &Trial<'_>, fault: &str, report: &Report, counted: u64) {
    table::add(MODE, trial.flavour, fault, report, counted);
    report.check_nothing_invented();
    report.check_no_lock_twice();
    let (lost, exposed) = (report.lost_for_good(), exposed(report));
    assert!(lost <= counted + counted / 10, "{lost} sessions lost changes, the nodes count {counted}");
    assert!(lost <= exposed, "{lost} sessions lost changes, of {exposed} that were exposed");
    assert!(counted <= exposed, "the nodes count {counted}, of {exposed} sessions that were exposed");
}
