//! The project's chores: `cargo xtask` lists them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

mod bench;
mod checkout;
mod deny;
mod metrics_doc;
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
    /// Writes docs/metrics.md anew from the catalogue of metrics.
    MetricsDoc,
    /// Builds in release mode and measures the node beside its peers.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let passed = match Args::parse().chore {
        Chore::Test(args) => test::run(&args),
        Chore::Tidy => tidy::run(),
        Chore::Deny => deny::run(),
        Chore::MetricsDoc => metrics_doc::run(),
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
