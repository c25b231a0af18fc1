//! The local Kubernetes, which `e2e/` runs. It is a program of its own, so that chores without a cluster need not
//! compile a Kubernetes client.

use std::{ffi::OsString, process::Command};

use anyhow::Context as _;

use crate::checkout::{cargo, forget_package, metadata};

/// What goes to a program in the cluster.
#[derive(clap::Args)]
pub(crate) struct Rest {
    /// Passed on as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// What `up` can be told.
#[derive(clap::Args, Default)]
pub(crate) struct Up {
    /// Start the cluster alone, without the chart and its sample.
    #[arg(long)]
    no_demo: bool,
    /// Start this engine beside the cluster, as the backing store of the sample.
    #[arg(long, value_name = "redis|postgres")]
    backing: Option<String>,
    /// How sessions get into it [default: write-behind].
    #[arg(long, value_name = "write-behind|write-through")]
    mode: Option<String>,
}

pub(crate) fn up(args: &Up) -> anyhow::Result<bool> {
    let mut words = vec!["up"];
    words.extend(args.no_demo.then_some("--no-demo"));
    for (flag, value) in [("--backing", &args.backing), ("--mode", &args.mode)] {
        words.extend(value.as_ref().map(|value| [flag, value]).into_iter().flatten());
    }
    run(words)
}

pub(crate) fn down() -> anyhow::Result<bool> {
    run(["down"])
}

pub(crate) fn status() -> anyhow::Result<bool> {
    run(["status"])
}

/// Runs `program` (nothing: the first word of `args`) on the cluster's network.
pub(crate) fn exec(program: &[&str], args: &Rest) -> anyhow::Result<bool> {
    let start = ["exec", "--"].iter().chain(program).map(OsString::from);
    run(start.chain(args.rest.iter().cloned()))
}

fn run(args: impl IntoIterator<Item = impl Into<OsString>>) -> anyhow::Result<bool> {
    let Some(mut program) = program()? else { return Ok(false) };
    program.args(args.into_iter().map(Into::into));
    Ok(program.status().context("cannot start what was built")?.success())
}

/// The program that runs the cluster, freshly built; `None` if it does not compile.
pub(crate) fn program() -> anyhow::Result<Option<Command>> {
    let build = ["build", "--quiet", "--package", "cloakroom-e2e", "--bin", "cloakroom-cluster"];
    if !cargo(&build).status().context("cannot start cargo")?.success() {
        return Ok(None);
    }
    // Started as it is and where the person is: paths that they write are relative to that.
    let mut command = Command::new(metadata()?.target_directory.join("debug/cloakroom-cluster"));
    forget_package(&mut command);
    Ok(Some(command))
}
