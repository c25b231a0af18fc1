//! What the kernel says of a server process: the figures that a slow client disturbs least.

use std::{fs, ops::Add, time::Duration};

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

/// Whose CPU times count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    /// With those of its children that have ended and were waited for.
    WithEndedChildren,
}

impl Usage {
    /// The usage of process `id`.
    ///
    /// # Errors
    /// There is no such process, or it belongs to another user.
    pub(crate) fn of(id: u32) -> Result<Self> {
        Self::read(id, Whose::Own)
    }

    /// The usage of process `id` and its children, those that have ended included. Memory that they share counts for each.
    ///
    /// # Errors
    /// There is no such process, or it belongs to another user.
    pub(crate) fn of_family(id: u32) -> Result<Self> {
        let first = Self::read(id, Whose::WithEndedChildren)?;
        // One that ends between the two looks is counted with the first at the next.
        Ok(children(id)?.into_iter().filter_map(|child| Self::of(child).ok()).fold(first, Self::add))
    }

    fn read(id: u32, whose: Whose) -> Result<Self> {
        let read = |name| {
            let path = format!("/proc/{id}/{name}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let ticks = ticks(&read("stat")?, whose).context("/proc/PID/stat has no CPU times")?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Self {
            cpu: Duration::from_millis(ticks * 1000 / per_second),
            resident: number(&read("status")?, "VmRSS:").context("no VmRSS")? * 1024,
            written: number(&read("io")?, "write_bytes:").context("no write_bytes")?,
        })
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            resident: self.resident + other.resident,
            written: self.written + other.written,
        }
    }
}

/// The living children of process `id`.
fn children(id: u32) -> Result<Vec<u32>> {
    let all = fs::read_dir("/proc").context("cannot read /proc")?.flatten();
    let processes = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let of = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        parent(&stat) == Some(id)
    };
    Ok(processes.filter(of).collect())
}

/// The file descriptors that process `id` has open.
///
/// # Errors
/// There is no such process, or it belongs to another user.
pub(crate) fn descriptors(id: u32) -> Result<usize> {
    let path = format!("/proc/{id}/fd");
    Ok(fs::read_dir(&path).with_context(|| format!("cannot read {path}"))?.count())
}

/// User plus system ticks in the text of `/proc/PID/stat` (proc_pid_stat(5), fields 14 and 15, and 16 and 17 of ended
/// children).
fn ticks(stat: &str, whose: Whose) -> Option<u64> {
    let count = if whose == Whose::Own { 2 } else { 4 };
    let times: Vec<u64> = fields(stat)?.skip(11).take(count).map_while(|field| field.parse().ok()).collect();
    (times.len() == count).then(|| times.iter().sum())
}

/// Field 4 of the same text.
fn parent(stat: &str) -> Option<u32> {
    fields(stat)?.nth(1)?.parse().ok()
}

/// The fields from the third on: the command name before them may itself contain blanks and parentheses.
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(") ")?.1.split_ascii_whitespace())
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
    fn cpu_times_and_parents_are_found_behind_any_name() {
        let stat = "17 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 20 3 20 0 3\n";
        assert_eq!(ticks(stat, Whose::Own), Some(300));
        assert_eq!(ticks(stat, Whose::WithEndedChildren), Some(323));
        assert_eq!(parent(stat), Some(1));
        assert_eq!(ticks("17 (a", Whose::Own), None);
        assert_eq!(parent("17 (a) S"), None);
    }

    #[test]
    fn children_are_found_while_they_live() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = children(std::process::id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.contains(&child.id()), "{found:?}");
        assert!(!children(std::process::id()).unwrap().contains(&child.id()));
    }

    #[test]
    fn usages_add_up() {
        let usage =
            |unit: u64| Usage { cpu: Duration::from_millis(unit), resident: 2 * unit, written: 3 * unit };
        assert_eq!(usage(1) + usage(20), usage(21));
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
