//! `cloakroom`: looks at and changes single sessions from a terminal or a script.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks by printing")]

mod args;
mod run;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run::run(args::Args::parse()).await {
        Ok(end) => ExitCode::from(end as u8),
        Err(error) => {
            eprintln!("cloakroom: {error:#}");
            ExitCode::FAILURE
        }
    }
}
