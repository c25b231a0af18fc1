//! Which process exactly: its id together with when it started, so that nobody else with the same id is hit.

use std::{fs, io, path::Path};

use anyhow::Context as _;
use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use serde::{Deserialize, Serialize};

/// The field of `/proc/PID/stat` that says when it started, counted after the name in brackets.
const STARTED_FIELD: usize = 19;
/// The same for the state letter; Z is a process that ended and was not waited for.
const STATE_FIELD: usize = 0;

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Its id in the namespace that it is seen from.
    pub(crate) pid: u32,
    /// Clock ticks from the machine's start to its own.
    started: u64,
}

impl Identity {
    /// The process `pid`, as `proc` shows it.
    pub(crate) fn of(proc: &Path, pid: u32) -> anyhow::Result<Self> {
        let path = proc.join(pid.to_string()).join("stat");
        let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let started = started(&stat).with_context(|| format!("{} is not as expected", path.display()))?;
        Ok(Self { pid, started })
    }

    /// What [`Identity::write`] wrote; `None` if nobody did.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        match fs::read(path) {
            // A half-written record is one of a process that died before it did anything.
            Ok(json) => Ok(serde_json::from_slice(&json).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_vec(self)?;
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Whether that very process is there and has not ended.
    pub(crate) fn alive_in(&self, proc: &Path) -> bool {
        fs::read_to_string(proc.join(self.pid.to_string()).join("stat"))
            .is_ok_and(|stat| started(&stat) == Some(self.started) && field(&stat, STATE_FIELD) != Some("Z"))
    }

    /// Kills it, seen from this process's namespace. One that is gone already is no error.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("no process has the id 0")?;
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(Errno::SRCH) => return Ok(()),
            Err(error) => return Err(error).context("cannot open the process"),
        };
        // From here on the handle means one process, so looking before the signal is enough.
        if !self.alive_in(Path::new("/proc")) {
            return Ok(());
        }
        match pidfd_send_signal(handle, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot kill process {}", self.pid)),
        }
    }
}

fn started(stat: &str) -> Option<u64> {
    field(stat, STARTED_FIELD)?.parse().ok()
}

/// A field after the name, which may itself hold spaces and brackets.
fn field(stat: &str, index: usize) -> Option<&str> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(index)
}

#[cfg(test)]
mod tests {
    //! Who is meant, and who is not.

    use std::{
        io::{Read as _, Write as _},
        path::Path,
        process::{Command, Stdio},
    };

    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    use super::{Identity, field, started};

    const STAT: &str = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 9 9";

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!((field(STAT, 0), started(STAT)), (Some("S"), Some(777)));
        assert_eq!(started("42 (cut"), None);
    }

    #[test]
    fn only_the_very_same_process_is_killed() {
        let mut echo = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let proc = Path::new("/proc");
        let itself = Identity::of(proc, echo.id()).unwrap();
        let earlier = Identity { pid: itself.pid, started: itself.started - 1 };
        assert!(itself.alive_in(proc) && !earlier.alive_in(proc));

        earlier.kill().unwrap();
        // One that was killed echoes nothing.
        echo.stdin.as_mut().unwrap().write_all(b"here").unwrap();
        let mut echoed = [0; 4];
        echo.stdout.as_mut().unwrap().read_exact(&mut echoed).unwrap();
        assert_eq!(&echoed, b"here");

        itself.kill().unwrap();
        let pid = Pid::from_raw(i32::try_from(itself.pid).unwrap()).unwrap();
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
        // It ended, although nobody has waited for it.
        assert!(!itself.alive_in(proc));
        assert!(!echo.wait().unwrap().success());
        itself.kill().unwrap();
    }

    #[test]
    fn a_record_is_read_back_and_a_broken_one_is_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.json");
        assert_eq!(Identity::read(&path).unwrap(), None);
        let written = Identity { pid: 7, started: 9 };
        written.write(&path).unwrap();
        assert_eq!(Identity::read(&path).unwrap(), Some(written));
        std::fs::write(&path, "{\"pid\":").unwrap();
        assert_eq!(Identity::read(&path).unwrap(), None);
    }
}
