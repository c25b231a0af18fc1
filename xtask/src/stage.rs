//! One stage of `cargo xtask test`: something that runs, takes time and passes or fails.

#![expect(clippy::disallowed_methods, reason = "a tool tells people how long each stage took")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    failure::{Failure, Listener},
    machine::Room,
    tally::Tally,
};

/// A stage by its name.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> anyhow::Result<Tally>,
}

/// How a stage went.
pub(crate) struct Report {
    pub(crate) name: &'static str,
    pub(crate) tally: Tally,
    pub(crate) took: Duration,
    /// At its end.
    pub(crate) room: Room,
}

impl Stage {
    /// Runs it, in the open. A stage that cannot even run has failed.
    pub(crate) fn run(&self) -> Report {
        println!("\n== {}: {} ({})", self.name, self.about, Room::now());
        let start = Instant::now();
        let mut tally = (self.run)().unwrap_or_else(|error| {
            println!("{error:#}");
            let said = format!("{error:#}").lines().map(str::to_owned).collect();
            let failure = Failure { name: "it could not run".to_owned(), said };
            Tally { failures: vec![failure], ..Tally::of_check(false) }
        });
        if tally.failed > 0 && tally.failures.is_empty() {
            let said = vec!["see what it printed above".to_owned()];
            tally.failures.push(Failure { name: "it failed".to_owned(), said });
        }
        tally.failures.iter_mut().for_each(|failure| failure.name.insert_str(0, &format!("{}: ", self.name)));
        Report { name: self.name, tally, took: start.elapsed(), room: Room::now() }
    }
}

/// Runs a check: it passes if the command does.
pub(crate) fn check(command: &mut Command) -> anyhow::Result<Tally> {
    println!("{}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    Ok(Tally::of_check(status.success()))
}

/// Runs tests, showing their output and counting from it. A runner that fails without a failed test (it
/// did not compile, or it was killed) counts as one failure.
pub(crate) fn tests(command: &mut Command) -> anyhow::Result<Tally> {
    println!("{}", shown(command));
    let mut runner =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {command:?}"))?;
    let (mut tally, mut failures) = (Tally::default(), Listener::default());
    let stdout = runner.stdout.take().expect("it was asked for");
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        tally += Tally::of_line(&line);
        failures.hear(&line);
    }
    tally.failures = failures.end();
    if !runner.wait()?.success() && tally.failed == 0 {
        tally += Tally::of_check(false);
    }
    Ok(tally)
}

fn shown(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    format!("$ {name} {}", args.join(" "))
}
