//! Where an engine runs and keeps its files.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, chown},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{host::Host, sandbox::Sandbox};

/// A new word at each reading.
const RANDOM: &str = "/proc/sys/kernel/random/uuid";
const PASSWORD: &str = "password";

/// The name, port and folder of one engine in the cluster's place.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) sandbox: Sandbox,
    state: PathBuf,
    name: &'static str,
    port: u16,
}

impl Place {
    pub(super) fn new(host: &Host, name: &'static str, port: u16) -> Self {
        Self { sandbox: host.sandbox().clone(), state: host.state().to_owned(), name, port }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The state folder of the cluster.
    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// `file` of the engine's folder, as it is called inside.
    pub(super) fn inside(&self, file: &str) -> String {
        format!("/var/lib/{}/{file}", self.name)
    }

    /// The same as this machine calls it.
    fn outside(&self, file: &str) -> PathBuf {
        self.sandbox.path(&self.inside(file))
    }

    /// Makes the folder, with a new password in it.
    pub(super) fn make(&self) -> anyhow::Result<()> {
        let folder = self.outside("");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let random = fs::read_to_string(RANDOM).with_context(|| format!("cannot read {RANDOM}"))?;
        self.write(PASSWORD, random.trim())
    }

    /// Writes a file that nobody else may read.
    pub(super) fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.outside(file);
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let written = options.open(&path).and_then(|mut opened| opened.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    /// Adds to a file.
    pub(super) fn append(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.outside(file);
        let opened = fs::File::options().append(true).open(&path);
        opened
            .and_then(|mut opened| opened.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Gives the folder and the password to another user.
    pub(super) fn give_to(&self, user: u32) -> anyhow::Result<()> {
        for file in ["", PASSWORD] {
            let path = self.outside(file);
            chown(&path, Some(user), Some(user))
                .with_context(|| format!("cannot give {} away", path.display()))?;
        }
        Ok(())
    }

    pub(super) fn password_file(&self) -> String {
        self.inside(PASSWORD)
    }

    pub(super) fn password(&self) -> anyhow::Result<String> {
        let path = self.outside(PASSWORD);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Removes the folder, if there is one.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        let folder = self.outside("");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", folder.display()))
            }
            _ => Ok(()),
        }
    }
}
