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
    let build = ["build", "--quiet", "--package", "cloakroom-e2e", "--bin", "cloakroom-cluster"];
    if !cargo(&build).status().context("cannot start cargo")?.success() {
        return Ok(false);
    }
    // Started as it is and where the person is: paths that they write are relative to that.
    let mut command = Command::new(metadata()?.target_directory.join("debug/cloakroom-cluster"));
    forget_package(&mut command);
    command.args(args.into_iter().map(Into::into));
    Ok(command.status().context("cannot start what was built")?.success())
}
