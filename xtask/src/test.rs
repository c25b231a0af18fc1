//! `cargo xtask test`: the stages, in the order in which they find faults soonest.

use anyhow::bail;

use crate::{
    checkout::{cargo, metadata, root},
    cluster, deny, digest, machine, sim,
    stage::{Report, Stage, check, tests},
    tally::Tally,
    tidy, tools,
};

const STAGES: &[Stage] = &[
    Stage { name: "tools", about: "the programs that tests start", run: || tools::stage(tools::Use::Tests) },
    Stage { name: "fmt", about: "formatting", run: || check(&mut cargo(&["fmt", "--all", "--check"])) },
    Stage { name: "tidy", about: "the rules of the tree", run: || Ok(Tally::of_check(tidy::run()?)) },
    Stage { name: "clippy", about: "lints, all targets, warnings are errors", run: clippy },
    Stage { name: "deny", about: "licences, sources and banned crates", run: deny::stage },
    Stage { name: "tests", about: "unit, golden and integration tests", run: unit_and_integration },
    Stage { name: "doc-tests", about: "examples in the documentation", run: doc_tests },
    Stage { name: "simulation", about: "whole clusters from seeds, guards taken out", run: sim::stage },
    Stage { name: "cluster", about: "a real Kubernetes, the chart, a first session", run: start_cluster },
    Stage {
        name: "e2e",
        about: "what is promised on Kubernetes, with real pods, some under load",
        run: end_to_end,
    },
];

/// Those that leave a cluster behind when they fail.
const ON_CLUSTER: [&str; 2] = ["cluster", "e2e"];
/// What all stages together leave on a machine that has built nothing yet, in bytes: 7 GiB of compiled Rust, 5 GiB of
/// the cluster's sources and programs, the rest images and volumes.
const ROOM: u64 = 10 << 30;
/// The same where most of it is there already.
const ROOM_AGAIN: u64 = 4 << 30;

/// What `cargo xtask test` can be told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run this stage alone.
    #[arg(long, value_name = "STAGE")]
    only: Option<String>,
    /// Name the stages and run none.
    #[arg(long)]
    list: bool,
}

/// Runs the stages; the last line is `N passed, N failed`.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    if args.list {
        STAGES.iter().for_each(|stage| println!("{:10} {}", stage.name, stage.about));
        return Ok(true);
    }
    let stages = chosen(args.only.as_deref())?;
    if args.only.is_none() {
        ensure_room()?;
    }
    let reports: Vec<_> = stages.into_iter().map(Stage::run).collect();
    let total = reports.iter().fold(Tally::default(), |mut total, report| {
        total += report.tally.clone();
        total
    });
    if total.failed > 0 {
        let failed = |name| reports.iter().any(|report| report.name == name && report.tally.failed > 0);
        digest::print(&total.failures, ON_CLUSTER.into_iter().any(failed));
    }
    println!("\n== what ran");
    for Report { name, tally, took, room } in reports {
        println!("{name:10} {:7.1} s  {:24}  {room}", took.as_secs_f64(), tally.to_string());
    }
    println!("{total}");
    Ok(total.failed == 0)
}

/// Better refused now than in an hour.
fn ensure_room() -> anyhow::Result<()> {
    let target = metadata()?.target_directory;
    // One of the last stages has been reached before if its program is there.
    let again = target.join("debug/cloakroom-cluster").is_file();
    let disk = target.ancestors().find(|folder| folder.is_dir()).unwrap_or(root());
    machine::ensure_free(disk, if again { ROOM_AGAIN } else { ROOM })
}

fn chosen(only: Option<&str>) -> anyhow::Result<Vec<&'static Stage>> {
    let stages: Vec<_> = STAGES.iter().filter(|stage| only.is_none_or(|name| name == stage.name)).collect();
    if stages.is_empty() {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("there is no such stage; write one of {} after --only", names.join(", "));
    }
    Ok(stages)
}

fn clippy() -> anyhow::Result<Tally> {
    let everything = ["clippy", "--workspace", "--all-targets", "--all-features", "--quiet"];
    // As an application builds it that wants nothing but the verbs.
    let bare_client =
        ["clippy", "--package", "cloakroom-client", "--lib", "--no-default-features", "--quiet"];
    let mut tally = Tally::default();
    for what in [&everything[..], &bare_client[..]] {
        tally += check(cargo(what).args(["--", "-D", "warnings"]))?;
    }
    Ok(tally)
}

fn unit_and_integration() -> anyhow::Result<Tally> {
    tests(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--examples", "--no-fail-fast"]))
}

fn doc_tests() -> anyhow::Result<Tally> {
    tests(&mut cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]))
}

/// Builds what is missing; the first time on a machine that takes a quarter of an hour.
fn start_cluster() -> anyhow::Result<Tally> {
    Ok(Tally::of_check(cluster::up(&cluster::Up::default())?))
}

fn end_to_end() -> anyhow::Result<Tally> {
    let test = ["test", "--package", "cloakroom-e2e", "--features", "cluster", "--no-fail-fast"];
    // Pods are waited for more than computed with, so more tests than cores run at once.
    let side_by_side = ["--test", "it", "--", "--test-threads=6", "--show-output"];
    let alone = ["--test", "operator", "--test", "load", "--test", "data_centres"];
    let one_by_one = [alone.as_slice(), &["--", "--test-threads=1", "--show-output"]].concat();
    // Each has a cluster and an engine of its own, and mostly waits for what was stopped.
    let two_by_two = ["--test", "backing", "--", "--test-threads=2", "--show-output"];
    // People with a browser, in the figures of whose pages nothing else is to be seen.
    let clicks = ["--test", "browser", "--", "--show-output"];
    let mut tally = tests(cargo(&test).args(side_by_side))?;
    tally += tests(cargo(&test).args(two_by_two))?;
    tally += tests(cargo(&test).args(one_by_one))?;
    tally += tests(cargo(&test).args(clicks))?;
    if tally.failed > 0 {
        println!("the cluster stays to be looked at; `cargo xtask down` removes it");
    } else if !cluster::down()? {
        tally += Tally::of_check(false);
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    //! Which stages a command line chooses.

    use super::{STAGES, chosen};

    #[test]
    fn one_stage_or_all_and_never_none() {
        assert_eq!(chosen(None).unwrap().len(), STAGES.len());
        let alone: Vec<_> = chosen(Some("tidy")).unwrap().into_iter().map(|stage| stage.name).collect();
        assert_eq!(alone, ["tidy"]);
        let message = chosen(Some("lint")).err().unwrap().to_string();
        assert!(message.contains("write one of tools, fmt, tidy"), "{message}");
    }
}
