//! The project's chores: `cargo xtask` lists them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

mod bench;
mod checkout;
mod cluster;
mod deny;
mod digest;
mod failure;
mod generate;
mod machine;
mod sim;
mod stage;
mod tally;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the Cloakroom checkout.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Everything that must pass before a change is merged.
    Test(test::Args),
    /// The rules of the tree: who may use whom, module docs, file sizes, names, paths, links.
    Tidy,
    /// Licences, sources and banned crates, by cargo-deny.
    Deny,
    /// Writes the committed files anew that are made from code: metrics, resource, chart, golden files.
    Generate,
    /// Starts a complete Kubernetes on this machine with the operator and a cluster of session nodes in it.
    Up(cluster::Up),
    /// Removes that Kubernetes and every trace of it.
    Down,
    /// Says which parts of it run.
    Status,
    /// kubectl in it.
    Kubectl(cluster::Rest),
    /// Helm in it.
    Helm(cluster::Rest),
    /// Any program on its network.
    Exec(cluster::Rest),
    /// Simulates whole clusters, one from each seed, and judges what their clients saw.
    Sim(sim::Args),
    /// Builds in release mode and measures the node beside its peers.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let passed = match Args::parse().chore {
        Chore::Test(args) => test::run(&args),
        Chore::Tidy => tidy::run(),
        Chore::Deny => deny::run(),
        Chore::Generate => generate::run(),
        Chore::Up(args) => cluster::up(&args),
        Chore::Down => cluster::down(),
        Chore::Status => cluster::status(),
        Chore::Kubectl(args) => cluster::exec(&["kubectl"], &args),
        Chore::Helm(args) => cluster::exec(&["helm"], &args),
        Chore::Exec(args) => cluster::exec(&[], &args),
        Chore::Sim(args) => sim::run(&args),
        Chore::Bench(args) => bench::run(&args),
    };
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
