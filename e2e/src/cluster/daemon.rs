//! A process of the cluster that runs until it is stopped: started detached, with its output in a file, and
//! remembered, so that a later command can stop it and start it again as it was. One that ends without being stopped
//! is started again by the sandbox's process 1 (`revive.rs`).

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::{
    command,
    sandbox::{Identity, STATE, Sandbox, limits},
    wait,
};

/// For an orderly end; after that it is killed.
const STOP: Duration = Duration::from_secs(20);
/// How much of a log is worth showing when its process ended: lines, and characters of each.
const SHOWN: (usize, usize) = (10, 300);

/// How to start one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Daemon {
    pub(crate) name: String,
    /// A path inside the sandbox.
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// The user that it runs as; root if absent.
    pub(crate) user: Option<u32>,
}

impl Daemon {
    pub(crate) fn new<A: Into<String>>(
        name: &str,
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self { name: name.to_owned(), program: program.into(), args, user: None }
    }

    pub(crate) fn with_user(self, user: u32) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Starts it and remembers how.
    pub(crate) fn start(&self, sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
        let files = Files::of(state, &self.name);
        fs::create_dir_all(state.join("daemons"))?;
        fs::create_dir_all(state.join("logs"))?;
        fs::write(&files.how, serde_json::to_vec(self)?)?;
        limits::raise();
        let pid = self.spawn(sandbox.command("sh"))?;
        let process = sandbox.identity(pid);
        process
            .with_context(|| format!("{} ended at once:\n{}", self.name, files.end_of_log()))?
            .write(&files.who)
    }

    /// Starts it as it was started before, from inside the sandbox.
    pub(super) fn start_again(&self, state: &Path) -> anyhow::Result<()> {
        let pid = self.spawn(Command::new("sh"))?;
        let process = Identity::of(Path::new("/proc"), pid);
        process.context("it ended at once")?.write(&Files::of(state, &self.name).who)
    }

    /// Its process id, as it is called inside.
    fn spawn(&self, mut shell: Command) -> anyhow::Result<u32> {
        // The shell hands the process over to the sandbox's process 1 and tells its id.
        let script =
            format!("cd /; setsid \"$@\" >>{STATE}/logs/{}.log 2>&1 </dev/null & echo $!", self.name);
        shell.args(["-c", &script, "sh"]);
        if let Some(user) = self.user {
            shell.arg("setpriv").args([format!("--reuid={user}"), format!("--regid={user}")]);
            shell.args(["--clear-groups", "--"]);
        }
        let pid = command::output(shell.arg(&self.program).args(&self.args))?;
        pid.trim().parse().with_context(|| format!("starting {} told no process id", self.name))
    }

    /// One that was started earlier.
    pub(crate) fn remembered(state: &Path, name: &str) -> anyhow::Result<Self> {
        let path = Files::of(state, name).how;
        let json = fs::read(&path).with_context(|| format!("{name} was never started in this cluster"))?;
        serde_json::from_slice(&json).with_context(|| format!("{} is damaged", path.display()))
    }

    /// All that were started earlier, by name.
    pub(crate) fn all(state: &Path) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(state.join("daemons"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(".json").map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }
}

/// The process that was started as `name` and not stopped.
pub(super) fn process(state: &Path, name: &str) -> anyhow::Result<Option<Identity>> {
    Identity::read(&Files::of(state, name).who)
}

/// What the process called `name` said last.
pub(crate) fn end_of_log(state: &Path, name: &str) -> String {
    Files::of(state, name).end_of_log()
}

/// Stops the process called `name`: asks it, and kills it if it does not end.
pub(crate) async fn stop(sandbox: &Sandbox, state: &Path, name: &str) -> anyhow::Result<()> {
    stop_by(sandbox, state, name, &["TERM", "KILL"]).await
}

/// Stops the process called `name` by the first of `signals` that ends it.
pub(crate) async fn stop_by(
    sandbox: &Sandbox,
    state: &Path,
    name: &str,
    signals: &[&str],
) -> anyhow::Result<()> {
    let Some(process) = process(state, name)? else {
        return Ok(());
    };
    // What nobody remembers is not started again.
    fs::remove_file(Files::of(state, name).who)?;
    for signal in signals {
        if !sandbox.alive(&process) {
            return Ok(());
        }
        sandbox.signal(process.pid, signal)?;
        let ended = wait::until(name, STOP, async || {
            Ok(if sandbox.alive(&process) { Err("it is still running".to_owned()) } else { Ok(()) })
        });
        if ended.await.is_ok() {
            return Ok(());
        }
    }
    bail!("{name} survived {}; see the end of its log:\n{}", signals.join(" and "), end_of_log(state, name));
}

/// Forgets how to start a process that was stopped for good.
pub(crate) fn forget(state: &Path, name: &str) -> anyhow::Result<()> {
    let how = Files::of(state, name).how;
    match fs::remove_file(&how) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", how.display()))
        }
        _ => Ok(()),
    }
}

struct Files {
    how: PathBuf,
    who: PathBuf,
    log: PathBuf,
}

impl Files {
    fn of(state: &Path, name: &str) -> Self {
        let daemons = state.join("daemons");
        Self {
            how: daemons.join(format!("{name}.json")),
            who: daemons.join(format!("{name}.pid")),
            log: state.join("logs").join(format!("{name}.log")),
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let (lines, width) = SHOWN;
        let cut = |line: &str| line.chars().take(width).collect::<String>();
        let mut last: Vec<_> = log.lines().rev().take(lines).map(cut).collect();
        last.reverse();
        last.join("\n")
    }
}
