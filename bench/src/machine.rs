//! Where and when a result was made: without this no figure can be judged.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, ensure};

/// Machine, kernel, source and date of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// Cores, model and memory.
    pub(crate) machine: String,
    /// Kernel release.
    pub(crate) kernel: String,
    /// Commit of the checkout, marked if files differ from it.
    pub(crate) commit: String,
    /// Year, month and day.
    pub(crate) date: String,
}

impl Provenance {
    /// Gathers it; `date` as YYYY-MM-DD, or else the day of the commit.
    ///
    /// # Errors
    /// There is neither a valid date nor a commit.
    pub(crate) fn gather(date: Option<String>) -> Result<Self> {
        let date = match date {
            Some(date) => date,
            None => git(&["log", "-1", "--format=%cs"])
                .context("this is no checkout with a commit, so give --date YYYY-MM-DD")?,
        };
        ensure!(is_date(&date), "--date must look like 2026-01-31, not {date:?}");
        let commit = match git(&["rev-parse", "--short=12", "HEAD"]) {
            Ok(commit) if git(&["status", "--porcelain"])?.is_empty() => commit,
            Ok(commit) => format!("{commit} and uncommitted changes"),
            Err(_) => "none".into(),
        };
        let cpus = fs::read_to_string("/proc/cpuinfo").context("this needs Linux")?;
        let memory = fs::read_to_string("/proc/meminfo")?;
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned();
        Ok(Self { machine: machine(&cpus, &memory), kernel, commit, date })
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).output()?;
    ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// One line from the texts of `/proc/cpuinfo` and `/proc/meminfo`.
fn machine(cpus: &str, memory: &str) -> String {
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let model = value(cpus, "model name").unwrap_or_else(|| "unknown model".into());
    let kib = value(memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let gib = kib.map_or_else(|| "?".into(), |kib| (kib >> 20).to_string());
    format!("{cores} cores of {model}, {gib} GiB of memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_told_in_one_line() {
        let cpus = "processor\t: 0\nmodel name\t: Fast One\n\nprocessor\t: 1\nmodel name\t: Fast One\n";
        let memory = "MemTotal:       25165824 kB\nMemFree: 1 kB\n";
        assert_eq!(machine(cpus, memory), "2 cores of Fast One, 24 GiB of memory");
        assert_eq!(machine("", ""), "0 cores of unknown model, ? GiB of memory");
    }

    #[test]
    fn dates_are_checked() {
        for (text, fine) in [("2026-01-31", true), ("31.1.2026", false), ("2026-1-31x", false)] {
            assert_eq!(is_date(text), fine, "{text}");
        }
    }
}
