//! The operator: parse, log, run, exit code.

#![expect(clippy::print_stderr, reason = "the command line is answered before there is a log")]

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use cloakroom_operator::{
    args::{Args, Command},
    run,
};

/// EX_USAGE of sysexits: told apart from a failure so that a supervisor does not try again.
const BAD_COMMAND_LINE: u8 = 64;

fn main() -> ExitCode {
    // With no provider, or with two of them in the build, the first TLS connection would panic.
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nothing has chosen the process's cryptography before its first line");
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => return show(&shown),
    };
    match args.command {
        Command::Crd => end(print(&cloakroom_crds::yaml())),
        Command::Check(check) => end(run::check(check).and_then(|page| print(&page))),
        Command::Run(run) => end(run::run(run)),
    }
}

fn end(ended: anyhow::Result<()>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloakroom-operator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Prints what clap has to say: help and version are no failure.
fn show(said: &clap::Error) -> ExitCode {
    // A closed terminal is no reason for another exit code.
    let _ = said.print();
    if said.use_stderr() { ExitCode::from(BAD_COMMAND_LINE) } else { ExitCode::SUCCESS }
}
