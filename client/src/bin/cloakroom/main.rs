//! `cloakroom`: looks at and changes sessions from a terminal or a script. Under the name `kubectl-cloakroom` it is a
//! plugin of kubectl.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks by printing")]

mod admin;
mod args;
mod break_lock;
mod each;
mod end;
mod input;
mod kubectl;
mod list;
mod page;
mod place;
mod reach;
mod run;
mod table;
mod verbs;
mod whereabouts;

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use tokio::signal::unix::{SignalKind, signal};

use args::Args;

const PLUGIN: &str = "kubectl-cloakroom";
/// What shells say of a program that was interrupted.
const INTERRUPTED: i32 = 130;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Whichever ends first; what runs for this program ends with it.
    let ended = tokio::select! {
        ended = run::run(parse()) => ended,
        interrupted = interrupted() => match interrupted {
            // Not by returning: what reads standard input would be waited for.
            Ok(()) => std::process::exit(INTERRUPTED),
            Err(error) => Err(error),
        },
    };
    match ended {
        Ok(end) => ExitCode::from(end as u8),
        Err(error) => {
            eprintln!("cloakroom: {}", said(&error));
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Args {
    let program = std::env::args_os().next().unwrap_or_default();
    let plugin = Path::new(&program).file_stem().is_some_and(|name| name == PLUGIN);
    let mut command = Args::command();
    if plugin {
        command = command.bin_name("kubectl cloakroom");
    }
    let args = Args::from_arg_matches(&command.get_matches_mut()).unwrap_or_else(|error| error.exit());
    if plugin && args.place.kubernetes.cluster.is_none() {
        // Without one it would ask this machine, which nobody means who calls kubectl.
        let missing = "name the SessionCluster after --cluster, as `kubectl get sessionclusters` shows it";
        command.error(ErrorKind::MissingRequiredArgument, missing).exit();
    }
    args
}

/// The error and its causes, each once: those of libraries repeat theirs.
fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        so_far if so_far.contains(&cause) => said,
        so_far => format!("{so_far}: {cause}"),
    })
}

async fn interrupted() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        Some(()) = interrupt.recv() => Ok(()),
        Some(()) = terminate.recv() => Ok(()),
        else => bail!("signals cannot be received"),
    }
}
