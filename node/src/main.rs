//! The session node: parse, log, run, exit code.

#![expect(clippy::print_stderr, reason = "what is wrong with the command line is said before there is a log")]

use std::process::ExitCode;

use clap::Parser as _;
use cloakroom_node::{
    args::{Args, Errand},
    config, drain, run, telemetry,
};
use cloakroom_node_config::NodeConfig;

/// EX_USAGE of sysexits: told apart from a failure so that a supervisor does not try again.
const BAD_CONFIGURATION: u8 = 64;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(shown) => return show(&shown),
    };
    if let Some(Errand::Drain { admin }) = args.errand {
        return ended(drain::drain(admin));
    }
    let config = match config::load(&args) {
        Ok(config) => config,
        Err(bad) => {
            eprintln!("cloakroom-node: {bad}");
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    ended(serve(config))
}

fn ended(how: anyhow::Result<()>) -> ExitCode {
    match how {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloakroom-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(config: NodeConfig) -> anyhow::Result<()> {
    let log = telemetry::start(&config.log)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(run::run(config, log));
    // Whatever still waits for a dead disk must not keep the process from ending.
    runtime.shutdown_background();
    ended
}

/// With one core there is nobody to share work with, and sharing costs a tenth of a request.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let one_core = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    let mut builder = if one_core {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

/// Prints what clap has to say: help and version are no failure.
fn show(said: &clap::Error) -> ExitCode {
    // A closed terminal is no reason for another exit code.
    let _ = said.print();
    if said.use_stderr() { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::SUCCESS }
}
