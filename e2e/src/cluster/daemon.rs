//! A process of the cluster that runs until it is stopped: started detached, with its output in a file, and
//! remembered, so that a later command can stop it and start it again as it was.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::{
    command,
    sandbox::{Identity, STATE, Sandbox},
    wait,
};

/// For an orderly end; after that it is killed.
const STOP: Duration = Duration::from_secs(20);
/// How much of a log is worth showing when its process ended.
const SHOWN_LINES: usize = 15;

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
        // The shell hands the process over to the sandbox's process 1 and tells its id.
        let script =
            format!("cd /; setsid \"$@\" >>{STATE}/logs/{}.log 2>&1 </dev/null & echo $!", self.name);
        let mut start = sandbox.command("sh");
        start.args(["-c", &script, "sh"]);
        if let Some(user) = self.user {
            start.arg("setpriv").args([format!("--reuid={user}"), format!("--regid={user}")]);
            start.args(["--clear-groups", "--"]);
        }
        let pid = command::output(start.arg(&self.program).args(&self.args))?;
        let pid = pid.trim().parse().with_context(|| format!("starting {} told no process id", self.name))?;
        sandbox
            .identity(pid)
            .with_context(|| format!("{} ended at once: {}", self.name, files.end_of_log()))?
            .write(&files.who)
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
            names.extend(name.strip_suffix(".pid").map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }
}

/// Whether the process called `name` is running.
pub(crate) fn is_running(sandbox: &Sandbox, state: &Path, name: &str) -> anyhow::Result<bool> {
    Ok(Identity::read(&Files::of(state, name).who)?.is_some_and(|process| sandbox.alive(&process)))
}

/// Fails if a process that was started has ended: with the end of its log.
pub(crate) fn check_running(sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
    for name in Daemon::all(state)? {
        if !is_running(sandbox, state, &name)? {
            bail!("{name} has ended:\n{}", Files::of(state, &name).end_of_log());
        }
    }
    Ok(())
}

/// Stops the process called `name`: asks it, and kills it if it does not end.
pub(crate) async fn stop(sandbox: &Sandbox, state: &Path, name: &str) -> anyhow::Result<()> {
    let Some(process) = Identity::read(&Files::of(state, name).who)? else {
        return Ok(());
    };
    for signal in ["TERM", "KILL"] {
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
    bail!("{name} survived being killed; see the end of its log:\n{}", Files::of(state, name).end_of_log());
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
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}
