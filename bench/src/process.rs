//! What the kernel says of a server process: the figures that a slow client disturbs least.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// What a process has used since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system CPU time of all threads, exact to the kernel's tick (10 ms as a rule).
    pub(crate) cpu: Duration,
    /// Memory resident now, in bytes.
    pub(crate) resident: u64,
    /// Bytes sent to the storage layer.
    pub(crate) written: u64,
}

impl Usage {
    /// The usage of process `id`.
    ///
    /// # Errors
    /// There is no such process, or it belongs to another user.
    pub(crate) fn of(id: u32) -> Result<Self> {
        let read = |name| {
            let path = format!("/proc/{id}/{name}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let ticks = ticks(&read("stat")?).context("/proc/PID/stat has no CPU times")?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Self {
            cpu: Duration::from_millis(ticks * 1000 / per_second),
            resident: number(&read("status")?, "VmRSS:").context("no VmRSS")? * 1024,
            written: number(&read("io")?, "write_bytes:").context("no write_bytes")?,
        })
    }
}

/// The file descriptors that process `id` has open.
///
/// # Errors
/// There is no such process, or it belongs to another user.
pub(crate) fn descriptors(id: u32) -> Result<usize> {
    let path = format!("/proc/{id}/fd");
    Ok(fs::read_dir(&path).with_context(|| format!("cannot read {path}"))?.count())
}

/// User plus system ticks in the text of `/proc/PID/stat` (proc_pid_stat(5), fields 14 and 15).
fn ticks(stat: &str) -> Option<u64> {
    // The command name, field 2, may itself contain blanks and parentheses.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// The number after `name` at the start of a line.
fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_times_are_found_behind_any_name() {
        let stat = "17 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("17 (a"), None);
    }

    #[test]
    fn numbers_are_found_by_the_whole_name() {
        let text = "cancelled_write_bytes: 5\nwrite_bytes: 77\nVmRSS:\t  12 kB\n";
        assert_eq!(number(text, "write_bytes:"), Some(77));
        assert_eq!(number(text, "VmRSS:"), Some(12));
        assert_eq!(number(text, "VmSwap:"), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(Usage::of(std::process::id()).unwrap().resident > 100_000);
    }
}
