//! Starts a daemon again that ended by itself, and keeps a record of it. Nobody else would notice: all that needs it
//! would wait in vain, one test after the other.

#![expect(
    clippy::disallowed_methods,
    reason = "a daemon that ends at once needs a pause, and not a condition"
)]

use std::{
    fmt::Display,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitStatus,
    thread,
    time::Duration,
};

use super::daemon::{self, Daemon};

/// One that ends again and again must not take the machine from the others.
const PAUSE: Duration = Duration::from_secs(1);
/// What one that ends again and again may write, in bytes.
const RECORD_MAX: u64 = 64 << 10;

/// Process `pid` of the sandbox has ended: if it was a daemon that nobody stopped, starts it again. What cannot be done
/// is recorded, because nothing is more important than that the caller goes on.
pub(crate) fn after(state: &Path, pid: u32, how: ExitStatus) {
    let Some(name) = of_process(state, pid) else { return };
    note(state, format_args!("{name} ended by itself with {how}:\n{}", daemon::end_of_log(state, &name)));
    thread::sleep(PAUSE);
    // Somebody may have stopped it meanwhile.
    if of_process(state, pid).is_none() {
        return;
    }
    match Daemon::remembered(state, &name).and_then(|daemon| daemon.start_again(state)) {
        Ok(()) => note(state, format_args!("{name} was started again")),
        Err(error) => note(state, format_args!("{name} could not be started again: {error:#}")),
    }
}

/// What ended by itself since the cluster was made, and what was done about it; empty if nothing did.
pub(crate) fn record(state: &Path) -> String {
    fs::read_to_string(path(state)).unwrap_or_default()
}

/// The name of the daemon that ran as process `pid` and was not stopped.
fn of_process(state: &Path, pid: u32) -> Option<String> {
    let was = |name: &String| {
        daemon::process(state, name).is_ok_and(|process| process.is_some_and(|process| process.pid == pid))
    };
    Daemon::all(state).ok()?.into_iter().find(was)
}

/// Where nothing can be written, nothing can be told.
fn note(state: &Path, line: impl Display) {
    let opened = File::options().create(true).append(true).open(path(state));
    let Ok(mut file) = opened else { return };
    if file.metadata().is_ok_and(|file| file.len() < RECORD_MAX) {
        let _ = writeln!(file, "{line}");
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("ended.log")
}

#[cfg(test)]
mod tests {
    //! What is recorded.

    use super::{RECORD_MAX, note, record};

    #[test]
    fn the_record_grows_line_by_line_and_not_for_ever() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(record(state.path()), "");
        note(state.path(), "etcd ended");
        note(state.path(), "etcd was started again");
        assert_eq!(record(state.path()), "etcd ended\netcd was started again\n");
        for _ in 0..3 {
            note(state.path(), "x".repeat(usize::try_from(RECORD_MAX).unwrap()));
        }
        assert!(record(state.path()).len() as u64 <= 2 * RECORD_MAX + 100);
    }
}
