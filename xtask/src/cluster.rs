//! The local Kubernetes, which `e2e/` runs. It is a program of its own, so that chores without a cluster need not
//! compile a Kubernetes client.

use std::ffi::OsString;

use anyhow::Context as _;

use crate::checkout::cargo;

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
}

pub(crate) fn up(args: &Up) -> anyhow::Result<bool> {
    run(["up"].into_iter().chain(args.no_demo.then_some("--no-demo")))
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
    let build = ["run", "--quiet", "--package", "cloakroom-e2e", "--bin", "cloakroom-cluster", "--"];
    let mut command = cargo(&build);
    // Paths that a person writes are relative to where they are.
    command.current_dir(std::env::current_dir()?);
    command.args(args.into_iter().map(Into::into));
    Ok(command.status().context("cannot start cargo")?.success())
}
