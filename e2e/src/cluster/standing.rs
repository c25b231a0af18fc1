//! How the daemons stand: before anybody blames what waits for them.

use std::{path::Path, time::Duration};

use anyhow::{bail, ensure};

use super::{
    daemon::{self, Daemon},
    revive,
};
use crate::{sandbox::Sandbox, wait};

/// For one that ended by itself to be started again.
const AGAIN: Duration = Duration::from_secs(30);

/// What became of a process that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Running,
    /// By itself.
    Ended,
    /// By [`daemon::stop`].
    Stopped,
}

impl Standing {
    /// Of the process called `name`.
    pub(crate) fn of(sandbox: &Sandbox, state: &Path, name: &str) -> anyhow::Result<Self> {
        Ok(match daemon::process(state, name)? {
            Some(process) if sandbox.alive(&process) => Self::Running,
            Some(_) => Self::Ended,
            None => Self::Stopped,
        })
    }
}

/// Fails if a process has ended by itself since the cluster was made, started again or not: with the end of its log.
pub(super) fn check(sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
    let record = revive::record(state);
    ensure!(record.is_empty(), "{}", record.trim_end());
    match ended(sandbox, state)? {
        Some(ended) => bail!(ended),
        None => Ok(()),
    }
}

/// Waits until each process that was not stopped is running.
///
/// # Errors
/// One has ended and does not come back: with the end of its log.
pub(crate) async fn all_running(sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
    let look = async || Ok(ended(sandbox, state)?.map_or(Ok(()), Err));
    wait::until("every process of the cluster", AGAIN, look).await
}

/// The first that ended by itself and is not running, with the end of its log.
fn ended(sandbox: &Sandbox, state: &Path) -> anyhow::Result<Option<String>> {
    for name in Daemon::all(state)? {
        if Standing::of(sandbox, state, &name)? == Standing::Ended {
            return Ok(Some(format!("{name} has ended:\n{}", daemon::end_of_log(state, &name))));
        }
    }
    Ok(None)
}
