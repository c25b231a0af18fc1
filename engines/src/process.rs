//! A server's process: its output in a file, gone with the value.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How much of a log is worth showing.
const SHOWN_LINES: usize = 15;

/// How to start it.
#[derive(Clone, Debug)]
pub(crate) struct Words(Vec<OsString>);

impl Words {
    /// `within` is a program that starts another one in its place, with its arguments: `nsenter` for one.
    pub(crate) fn new(within: &[OsString], program: &Path) -> Self {
        Self([within, &[program.into()]].concat())
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.0.push(word.as_ref().to_owned());
        self
    }

    pub(crate) fn into_vec(self) -> Vec<OsString> {
        self.0
    }
}

/// A server that runs, is paused, or was killed and can be started again.
#[derive(Debug)]
pub(crate) struct Process {
    words: Words,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts it in `folder`, and waits until its log says `ready`.
    ///
    /// # Errors
    /// It ends instead: with the end of its log.
    pub(crate) fn start(words: Words, folder: &Path, ready: &str) -> anyhow::Result<Self> {
        let log = folder.join("log");
        let child = spawn(&words, &log)?;
        let mut process = Self { words, log, child };
        process.wait_ready(ready)?;
        Ok(process)
    }

    /// Kills it if it still runs, and starts it again as it was.
    ///
    /// # Errors
    /// See [`Process::start`].
    pub(crate) fn restart(&mut self, ready: &str) -> anyhow::Result<()> {
        self.kill();
        self.child = spawn(&self.words, &self.log)?;
        self.wait_ready(ready)
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, paused or not.
    pub(crate) fn kill(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGSTOP: connections stay, nobody answers.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child that was not waited for is there");
    }

    fn wait_ready(&mut self, ready: &str) -> anyhow::Result<()> {
        let Self { words, log, child } = self;
        wait::until(&format!("{words:?}"), || {
            let said = fs::read_to_string(&*log).unwrap_or_default();
            if said.contains(ready) {
                return Ok(Ok(()));
            }
            if let Some(status) = child.try_wait()? {
                bail!("{words:?} ended with {status}:\n{}", end_of(&said));
            }
            Ok(Err(end_of(&said)))
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(words: &Words, log: &Path) -> anyhow::Result<Child> {
    let file = fs::File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
    // A test that is killed takes its engines with it.
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(&words.0)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .context("cannot start setpriv; install util-linux")
}

fn end_of(said: &str) -> String {
    let lines: Vec<_> = said.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
