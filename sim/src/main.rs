//! `cloakroom-sim`: runs seeds and says which failed.
#![expect(clippy::print_stdout, reason = "a tool for the terminal")]

use std::process::ExitCode;

use clap::Parser;
use cloakroom_sim::many::{self, Wanted};
use cloakroom_sim::mode::Mode;

/// Simulates whole clusters, one from each seed.
#[derive(Parser)]
#[command(name = "cloakroom-sim")]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run only those of this mode: one in four, or in eight.
    #[arg(long, value_name = "MODE", value_parser = many::mode)]
    mode: Option<Mode>,
    /// Stop beginning new runs after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    within: Option<u64>,
    /// Print everything that happened, also if all is well.
    #[arg(long)]
    trace: bool,
    /// Take this guard out of the nodes; needs a build with the feature `removable-guards`.
    #[arg(long, value_name = "GUARD")]
    guard_off: Option<String>,
}

fn main() -> ExitCode {
    let Args { seeds, seed, mode, within, trace, guard_off } = Args::parse();
    let guard_off = match guard_off.as_deref().map(many::guard).transpose() {
        Ok(guard) => guard,
        Err(message) => {
            println!("{message}");
            return ExitCode::from(64);
        }
    };
    let wanted = Wanted { first: seed, seeds, mode, within_seconds: within, guard_off };
    let total = many::run(&wanted, |report| {
        if trace || !report.wrong.is_empty() {
            report.lines.iter().for_each(|line| println!("{line}"));
        }
        if trace || seeds == 1 || !report.wrong.is_empty() {
            println!("{report}\n  {:?}", report.troubles);
        }
        for wrong in &report.wrong {
            println!("WRONG: {wrong}");
        }
        if !report.wrong.is_empty() {
            println!("replay: {}", many::replay(report.seed, guard_off));
        }
    });
    println!("{total}");
    if total.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
