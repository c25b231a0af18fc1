//! `cargo xtask bench`: builds the node and its benchmark in release mode and runs the whole table, or one question of it.

use std::process::Command;

use crate::{
    checkout::{cargo, metadata, root},
    stage::check,
    tools,
};

/// What goes to the benchmark.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed on as they are, for example --quick or --full, or `client`, `forwarding` or `backing` for that question alone; `-- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    tools::ensure_installed(tools::Use::Bench)?;
    let build = ["build", "--release", "--package", "cloakroom-node", "--package", "cloakroom-bench"];
    if check(&mut cargo(&build))?.failed > 0 {
        return Ok(false);
    }
    let mut bench = Command::new(metadata()?.target_directory.join("release/cloakroom-bench"));
    let asks_one_question = args.rest.first().is_some_and(|word| !word.starts_with('-'));
    bench.current_dir(root()).args((!asks_one_question).then_some("all")).args(&args.rest);
    Ok(check(&mut bench)?.failed == 0)
}
