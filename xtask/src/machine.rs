//! What the machine has left: most failures that nobody can repeat come from a machine that had too little.

use std::{
    env,
    fmt::{self, Display},
    fs,
    path::Path,
};

use anyhow::{Context as _, ensure};
use rustix::fs::statvfs;

use crate::checkout::root;

const GIB: f64 = (1_u64 << 30) as f64;

/// Free disk where the checkout is and free memory, both in bytes; `None` if it cannot be said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    disk: Option<u64>,
    memory: Option<u64>,
}

impl Room {
    /// As it is now.
    pub(crate) fn now() -> Self {
        let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
        Self { disk: free(root()).ok(), memory }
    }
}

impl Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "free: {} disk, {} memory", Size(self.disk), Size(self.memory))
    }
}

/// Refuses to begin what would fill the disk of `folder` long after it began.
///
/// # Errors
/// Less than `needed` bytes are free.
pub(crate) fn ensure_free(folder: &Path, needed: u64) -> anyhow::Result<()> {
    let free = free(folder)?;
    ensure!(
        free >= needed,
        "{} are free in {}, and building and testing everything writes {}: remove something there, or set \
         CARGO_TARGET_DIR to a folder on a larger disk; --only STAGE needs less",
        Size(Some(free)),
        folder.display(),
        Size(Some(needed)),
    );
    Ok(())
}

/// Disks, memory, load and limits, a line each.
pub(crate) fn describe() -> Vec<String> {
    let shown = |path: &Path| format!("disk of {}: {} free", path.display(), Size(free(path).ok()));
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut lines = vec![shown(root()), shown(&env::temp_dir())];
    lines.extend(env::var_os("HOME").map(|home| shown(Path::new(&home))));
    lines.push(format!("memory: {} available", Size(available(&read("/proc/meminfo")))));
    lines.push(format!("load: {}", read("/proc/loadavg").trim()));
    let limits = read("/proc/self/limits");
    let of_interest = ["Max open files", "Max processes"];
    let limits = limits.lines().filter(|line| of_interest.iter().any(|limit| line.starts_with(limit)));
    lines.extend(limits.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")));
    lines
}

/// Bytes that this user may still write to the disk of `folder`.
fn free(folder: &Path) -> anyhow::Result<u64> {
    let disk = statvfs(folder).with_context(|| format!("cannot look at the disk of {}", folder.display()))?;
    Ok(disk.f_bavail * disk.f_frsize)
}

/// The line `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

struct Size(Option<u64>);

impl Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
            Some(bytes) => write!(f, "{:.1} GiB", bytes as f64 / GIB),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    //! What is read, shown and refused.

    use std::path::Path;

    use super::{Room, available, describe, ensure_free};

    #[test]
    fn memory_is_what_programs_could_get() {
        let text = "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:   2097152 kB\n";
        assert_eq!(available(text), Some(2 << 30));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
    }

    #[test]
    fn room_is_shown_in_units_that_people_compare() {
        let room = Room { disk: Some(3 << 29), memory: None };
        assert_eq!(room.to_string(), "free: 1.5 GiB disk, unknown memory");
    }

    #[test]
    fn too_small_a_disk_is_refused_with_what_it_takes() {
        let here = Path::new("/proc/self/cwd");
        ensure_free(here, 0).unwrap();
        let message = ensure_free(here, 1 << 60).unwrap_err().to_string();
        assert!(message.contains("1073741824.0 GiB") && message.contains("CARGO_TARGET_DIR"), "{message}");
    }

    #[test]
    fn every_line_of_the_description_says_something() {
        let lines = describe();
        assert!(lines.iter().any(|line| line.starts_with("Max open files ")), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("unknown")), "{lines:?}");
    }
}
