//! PostgreSQL as an engine behind a node: several processes, pinned to the servers' core, gone when this is dropped.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::{
    clock::Clock,
    process::Usage,
    server::{Ground, START_LIMIT, free_addresses, spawn},
};

/// A running server.
#[derive(Debug)]
pub(crate) struct Postgres {
    child: Child,
    address: SocketAddr,
    _directory: TempDir,
}

/// It refuses to run as root, and wants a user with a name. Every system has `nobody`.
const NOBODY: u32 = 65_534;

impl Postgres {
    /// Whom to log in as; the server listens on loopback alone and asks for no password.
    pub(crate) const USER: &'static str = "cloakroom";

    /// Where Debian puts the programs of the newest version.
    #[must_use]
    pub(crate) fn newest() -> PathBuf {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let newest = versions.filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok()).max();
        PathBuf::from(format!("/usr/lib/postgresql/{}/bin", newest.unwrap_or(15)))
    }

    /// Starts an empty server.
    ///
    /// # Errors
    /// Its programs are missing, or it does not answer in time.
    pub(crate) fn start(ground: &Ground) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("cloakroom-bench-").tempdir_in(&ground.scratch)?;
        let data = directory.path().join("data");
        fs::create_dir(&data)?;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
        if geteuid().is_root() {
            // What is below is somebody else's.
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711))?;
            chown(&data, Some(NOBODY), Some(NOBODY))?;
        }
        initialize(&ground.binaries.postgres, &data)?;
        let [address, _] = free_addresses()?;
        let mut command = as_its_user();
        command.extend(["setpriv", "--pdeathsig", "KILL", "taskset", "-c"].map(str::to_owned));
        command.push(ground.core.to_string());
        command.push(ground.binaries.postgres.join("postgres").display().to_string());
        command.extend(arguments(&data.display().to_string(), &address.port().to_string()));
        let child = spawn(&command, directory.path())?;
        let mut postgres = Self { child, address, _directory: directory };
        postgres.wait_for_answer()?;
        Ok(postgres)
    }

    /// Its socket.
    #[must_use]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What all its processes have used.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of_family(self.child.id()).context("PostgreSQL has ended")
    }

    fn wait_for_answer(&mut self) -> Result<()> {
        let clock = Clock::start();
        while let Err(error) = TcpStream::connect(self.address) {
            if let Some(status) = self.child.try_wait()? {
                bail!("PostgreSQL ended with {status}");
            }
            ensure!(clock.elapsed() < START_LIMIT, "PostgreSQL does not answer: {error}");
            #[expect(clippy::disallowed_methods, reason = "the pause between two attempts")]
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Asked to end at once, it ends its other processes first. It may have ended by itself.
        if let Some(process) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(process, Signal::QUIT);
        }
        let _ = self.child.wait();
    }
}

/// What starts the server, beside where it runs.
#[must_use]
pub(crate) fn arguments(data: &str, port: &str) -> Vec<String> {
    let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", &format!("port={port}")];
    let settings = settings.into_iter().flat_map(|setting| ["-c", setting]);
    ["-D", data].into_iter().chain(settings).map(str::to_owned).collect()
}

/// Words before a command that root is not to run itself.
fn as_its_user() -> Vec<String> {
    if !geteuid().is_root() {
        return Vec::new();
    }
    let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()];
    ["setpriv".to_owned()].into_iter().chain(user).collect()
}

fn initialize(programs: &Path, data: &Path) -> Result<()> {
    let mut words = as_its_user();
    words.push(programs.join("initdb").display().to_string());
    let (program, rest) = words.split_first().expect("it has the program");
    let mut initdb = Command::new(program);
    initdb.args(rest).arg("--pgdata").arg(data).args(["--username", Postgres::USER]);
    // Not everybody may look into the folder that this was started in.
    initdb.args(["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]).current_dir("/");
    let output = initdb.output().with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
