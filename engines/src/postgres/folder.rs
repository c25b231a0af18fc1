//! The folder of a server, and the programs that work on it. They refuse to run as root.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use super::options::PostgresOptions;
use crate::{TlsFiles, process::Words, programs};

/// What a node asks for if it is not told otherwise.
const DATABASE: &str = "cloakroom";

/// Data, sockets and certificates of one server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folder<'a>(pub &'a Path);

impl Folder<'_> {
    /// A new server's data, with an empty database `cloakroom`.
    pub(super) fn initialise(self, options: &PostgresOptions, port: u16) -> anyhow::Result<()> {
        let mut initdb = command("initdb")?;
        initdb.arg("--pgdata").arg(self.data());
        // Small segments of its log: a limit on the size of files leaves room for them.
        initdb.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]);
        run(&mut initdb)?;
        let mut sql = format!("CREATE DATABASE {DATABASE};\n");
        if let Some(password) = &options.password {
            sql += &format!("ALTER USER postgres PASSWORD '{}';\n", password.replace('\'', "''"));
        }
        self.configure(options, port)?;
        self.run_alone(&sql)
    }

    /// What `options` say, in place of what was said before.
    pub(super) fn configure(self, options: &PostgresOptions, port: u16) -> anyhow::Result<()> {
        fs::write(self.data().join("pg_hba.conf"), options.admission())?;
        let sockets = self.0.to_str().context("a folder for temporary files has an ASCII path")?;
        fs::write(self.data().join("postgresql.conf"), options.configuration(port, sockets))?;
        options.tls.as_ref().map_or(Ok(()), |tls| self.certify(tls))
    }

    /// The command that runs the server in the foreground.
    pub(super) fn server(self, options: &PostgresOptions) -> anyhow::Result<Words> {
        let (change, program) = not_as_root("postgres")?;
        let within = [options.within.as_slice(), &change].concat();
        Ok(Words::new(&within, &program).arg("-D").arg(self.data()))
    }

    pub(super) fn data(self) -> PathBuf {
        self.0.join("data")
    }

    /// The files with the names that it looks for, its key readable for nobody else.
    fn certify(self, tls: &TlsFiles) -> anyhow::Result<()> {
        for (from, name) in
            [(&tls.authority, "root.crt"), (&tls.certificate, "server.crt"), (&tls.key, "server.key")]
        {
            let file = self.data().join(name);
            fs::copy(from, &file).with_context(|| format!("cannot copy {}", from.display()))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        }
        Ok(())
    }

    /// Statements, while no server runs.
    fn run_alone(self, sql: &str) -> anyhow::Result<()> {
        let mut alone = command("postgres")?;
        alone.arg("--single").arg("-D").arg(self.data()).arg("postgres");
        let mut child = alone.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        std::io::Write::write_all(&mut child.stdin.take().context("it was piped")?, sql.as_bytes())?;
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success() && !said.contains("ERROR"), "postgres --single: {}", said.trim());
        Ok(())
    }
}

/// A program of the package, not as root.
pub(super) fn command(program: &str) -> anyhow::Result<Command> {
    let (change, program) = not_as_root(program)?;
    let mut words = change.into_iter().chain([program.into_os_string()]);
    let mut command = Command::new(words.next().context("a program was just added")?);
    command.args(words);
    Ok(command)
}

pub(super) fn run(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// The program, and words before it under which root looks like nobody to it. To the machine it is root all the same:
/// the files need no other owner. Such a change drops the wish to die with the parent, so it is made again.
fn not_as_root(program: &str) -> anyhow::Result<(Vec<OsString>, PathBuf)> {
    const CHANGE: &[&str] = &[
        "unshare",
        "--user",
        "--map-user=nobody",
        "--map-group=nogroup",
        "--",
        "setpriv",
        "--pdeathsig",
        "KILL",
        "--",
    ];
    let program = programs::of_debian(program, "postgresql")?;
    let change = if rustix::process::geteuid().is_root() { CHANGE } else { &[] };
    Ok((change.iter().map(OsString::from).collect(), program))
}
