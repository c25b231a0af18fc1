//! `cargo xtask sim`: whole clusters in simulation, one from each seed.

use crate::{
    checkout::cargo,
    stage::{check, tests},
    tally::Tally,
};

/// What goes to the simulation.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed on as they are, for example --seeds 2000; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

// Not in release mode: what production asserts only in debug builds must be asserted here.
const RUN: [&str; 5] = ["run", "--quiet", "--package", "cloakroom-sim", "--"];

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    Ok(check(cargo(&RUN).args(&args.rest))?.failed == 0)
}

/// As many seeds as every change must pass, or as fit into ten minutes; and every guard is missed.
pub(crate) fn stage() -> anyhow::Result<Tally> {
    let mut tally = check(cargo(&RUN).args(["--seeds", "2000", "--within", "600"]))?;
    let bites = ["test", "--package", "cloakroom-sim", "--features", "removable-guards", "--test", "bites"];
    tally += tests(cargo(&bites).args(["--no-fail-fast", "--", "--show-output"]))?;
    Ok(tally)
}
