//! A look at a running node every few seconds, from a thread beside the generator.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::SocketAddr,
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    clock::Clock,
    probe,
    process::{Usage, descriptors},
};

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Where a node can be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// Its process.
    pub(crate) id: u32,
    /// Its admin port.
    pub(crate) admin: SocketAddr,
    /// Its data directory.
    pub(crate) directory: PathBuf,
}

/// What one look saw; sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Since watching began.
    pub(crate) at: Duration,
    /// Live sessions.
    pub(crate) sessions: u64,
    /// Memory resident.
    pub(crate) resident: u64,
    /// Open file descriptors.
    pub(crate) descriptors: usize,
    /// Journal records that are the latest of a live session.
    pub(crate) live: u64,
    /// Journal records that are not.
    pub(crate) dead: u64,
    /// What all files of the data directory take on disk, reserves included.
    pub(crate) disk: u64,
}

impl Watched {
    /// Looks until `stop` is dropped, and says what it sees.
    ///
    /// # Errors
    /// The node has ended or its admin port does not answer.
    pub(crate) fn watch(&self, stop: &Receiver<()>) -> Result<Vec<Sample>> {
        let clock = Clock::start();
        let mut samples = Vec::new();
        while stop.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            let sample = self.look(clock.elapsed())?;
            eprintln!("  {sample:?}");
            samples.push(sample);
        }
        Ok(samples)
    }

    fn look(&self, at: Duration) -> Result<Sample> {
        let page = self.metrics()?;
        Ok(Sample {
            at,
            sessions: value(&page, "cloakroom_sessions_active")?,
            resident: Usage::of(self.id)?.resident,
            descriptors: descriptors(self.id)?,
            live: value(&page, "cloakroom_journal_live_bytes")?,
            dead: value(&page, "cloakroom_journal_dead_bytes")?,
            disk: self.disk()?,
        })
    }

    fn metrics(&self) -> Result<String> {
        let mut stream = probe::open(self.admin)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        ensure!(page.starts_with("HTTP/1.1 200"), "the admin port answers /metrics with {page:?}");
        Ok(page)
    }

    fn disk(&self) -> Result<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(&self.directory)? {
            // A segment may be deleted between the listing and the look.
            bytes += entry?.metadata().map_or(0, |file| file.blocks() * 512);
        }
        Ok(bytes)
    }
}

/// The value of the metric `name`, which has no labels, on a page of them.
fn value(page: &str, name: &str) -> Result<u64> {
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = value.with_context(|| format!("/metrics has no {name}"))?;
    value.parse().with_context(|| format!("{name} is {value:?}, not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_the_whole_name() {
        let page = "# HELP a_bytes What\na_bytes_total 3\na_bytes 12\n";
        assert_eq!(value(page, "a_bytes").unwrap(), 12);
        let missing = value(page, "a").unwrap_err().to_string();
        assert!(missing.contains("no a"), "{missing}");
    }
}
