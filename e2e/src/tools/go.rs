//! Programs built from pinned Go modules, once per machine.

#![expect(
    clippy::disallowed_methods,
    reason = "a build takes minutes, in which it is looked at now and then"
)]

use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use super::sources;
use crate::{command, folders, progress::Step};

/// How often a long build says that it is alive.
const STILL: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How much of a failed build's output is worth showing.
const SHOWN_LINES: usize = 20;

/// A Go module whose `tool` lines name programs.
pub(super) struct Set {
    /// Its folder in `e2e/tools/`.
    pub(super) name: &'static str,
    /// Build tags, separated by commas.
    pub(super) tags: &'static str,
    /// A program whose module calls it by a name that says nothing, and its real name.
    pub(super) rename: Option<(&'static str, &'static str)>,
    /// A module whose version the programs are to tell, and the variable that they tell it from.
    pub(super) version: Option<(&'static str, &'static str)>,
}

impl Set {
    /// The module in `e2e/tools/NAME`, built as it comes.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, tags: "", rename: None, version: None }
    }

    /// The folder with its programs, which are built if they are not there.
    pub(super) fn ensure(&self) -> anyhow::Result<PathBuf> {
        let source = sources().join(self.name);
        let tools = folders::cache()?.join("tools");
        let built = tools.join(self.key(&source)?);
        if built.is_dir() {
            return Ok(built);
        }
        fs::create_dir_all(&tools).with_context(|| format!("cannot make {}", tools.display()))?;
        // Built beside its place and renamed into it, so that a folder which is there is complete.
        let building = tempfile::tempdir_in(&tools)?;
        self.build(&source, building.path())?;
        if let Some((module, real)) = self.rename {
            fs::rename(building.path().join(module), building.path().join(real))?;
        }
        // Not only root runs them.
        fs::set_permissions(building.path(), fs::Permissions::from_mode(0o755))?;
        fs::rename(building.path(), &built).with_context(|| format!("cannot make {}", built.display()))?;
        Ok(built)
    }

    /// A name that differs when the programs may.
    fn key(&self, source: &Path) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        for file in ["go.mod", "go.sum"] {
            let path = source.join(file);
            hash.update(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        hash.update(go_version()?);
        hash.update(self.tags);
        hash.update(self.version.map_or("", |(_, variable)| variable));
        let short: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{}-{short}", self.name))
    }

    /// Without symbols, which nobody looks at.
    fn linker_flags(&self, source: &Path) -> anyhow::Result<String> {
        let Some((module, variable)) = self.version else {
            return Ok("-s -w".to_owned());
        };
        let mut list = Command::new("go");
        list.current_dir(source).args(["list", "-m", "-f", "{{.Version}}", module]);
        Ok(format!("-s -w -X {variable}={}", command::output(&mut list)?.trim()))
    }

    fn build(&self, source: &Path, into: &Path) -> anyhow::Result<()> {
        let step =
            Step::begin_long(format!("build {} (once per machine; the largest takes minutes)", self.name));
        let log = into.with_extension("log");
        let output = File::create(&log)?;
        let mut build = Command::new("go")
            .current_dir(source)
            .args(["build", "-trimpath", "-ldflags", &self.linker_flags(source)?, "-tags", self.tags, "-o"])
            .arg(into)
            .arg("tool")
            // The programs run in a mount namespace of their own; static ones need nothing from it.
            .env("CGO_ENABLED", "0")
            .env("GOCACHE", cache()?)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start go")?;
        let mut said = Duration::ZERO;
        let status = loop {
            if let Some(status) = build.try_wait()? {
                break status;
            }
            thread::sleep(LOOK);
            if step.elapsed() >= said + STILL {
                said = step.elapsed();
                step.still(format_args!("building {}", self.name));
            }
        };
        let output = fs::read_to_string(&log).unwrap_or_default();
        fs::remove_file(&log)?;
        if !status.success() {
            let lines: Vec<_> = output.lines().collect();
            let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
            bail!("building {} failed:\n{shown}", self.name);
        }
        step.done();
        Ok(())
    }
}

/// What builds that were interrupted go on from: apart from the user's own, because it is gigabytes, from which nobody
/// builds again once the programs are there.
fn cache() -> anyhow::Result<PathBuf> {
    Ok(path::absolute(folders::cache()?)?.join("go-build"))
}

/// Removes what only builds need; call it when everything is built.
pub(super) fn forget_cache() -> anyhow::Result<()> {
    let cache = cache()?;
    match fs::remove_dir_all(&cache) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", cache.display()))
        }
        _ => Ok(()),
    }
}

fn go_version() -> anyhow::Result<String> {
    command::output(Command::new("go").args(["env", "GOVERSION"])).context(
        "the cluster's programs are built with Go; install version 1.26 or later from https://go.dev/dl",
    )
}
