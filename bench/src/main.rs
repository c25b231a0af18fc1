//! `cloakroom-bench`: see `--help`.
#![allow(clippy::print_stderr, reason = "a command-line tool says there why it failed")]

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cloakroom_bench::execute(cloakroom_bench::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes only: a backtrace tells the user of a benchmark nothing.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
