//! The local Kubernetes: `cargo xtask up` and its relatives call this.

#![expect(clippy::print_stderr, reason = "a tool for the terminal")]

use std::{ffi::OsString, os::unix::process::CommandExt as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use cloakroom_e2e::{
    Backing, Cluster, down,
    engine::{Flavour, Mode},
    forward, keeper, status, up, volume_expander,
};

/// A complete Kubernetes on this machine, for trying things out and for tests.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Starts the cluster, installs the chart and its sample, and stores a session.
    Up {
        /// Start the cluster alone.
        #[arg(long)]
        no_demo: bool,
        /// Start this engine beside the cluster, as the backing store of the sample.
        #[arg(long, conflicts_with = "no_demo")]
        backing: Option<Flavour>,
        /// How sessions get into it.
        #[arg(long, requires = "backing", default_value = "write-behind")]
        mode: Mode,
    },
    /// Removes the cluster and every trace of it but the built tools.
    Down,
    /// Says what runs.
    Status,
    /// Runs a program on the cluster's network, with kubectl and helm in its PATH.
    Exec {
        /// The program and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Process 1 of the cluster's namespaces.
    #[command(hide = true)]
    Keep(keeper::Args),
    /// Passes connections on to an address on the cluster's network.
    #[command(hide = true)]
    Forward(forward::Args),
    /// Grows volumes whose claims ask for more.
    #[command(hide = true)]
    ExpandVolumes {
        #[arg(long)]
        kubeconfig: PathBuf,
    },
}

/// One thread, because the network of a process's threads is chosen by each of them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Args::parse().task {
        Task::Up { no_demo, backing, mode } => {
            up(!no_demo, backing.map(|flavour| Backing { flavour, mode })).await
        }
        Task::Down => down().await,
        Task::Status => status().await,
        Task::Exec { command } => exec(&command).await,
        Task::Keep(args) => keeper::run(&args).map(|never| match never {}),
        Task::Forward(args) => forward::run(&args).await.map(|never| match never {}),
        Task::ExpandVolumes { kubeconfig } => volume_expander::run(&kubeconfig).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Becomes the program, so that its exit code and signals are this one's. Returns only with an error.
async fn exec(command: &[OsString]) -> anyhow::Result<()> {
    let (program, args) = command.split_first().context("write the program to run")?;
    let error = Cluster::attach().await?.command(program).args(args).exec();
    Err(error).with_context(|| format!("cannot run {}", program.to_string_lossy()))
}
