//! PostgreSQL with its own settings for safety, a role and a database for sessions.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::place::Place;
use crate::{
    cluster::{daemon::Daemon, names},
    command,
};

/// Whom nodes log in as.
pub(super) const USER: &str = "cloakroom";
/// Where the sessions go.
pub(super) const DATABASE: &str = "cloakroom";

/// It refuses to run as root, and wants a user with a name. Every system has `nobody`.
const NOBODY: u32 = 65_534;
/// Where Debian puts the programs, by version; these are not on PATH.
const VERSIONS: &str = "/usr/lib/postgresql";
const DATA: &str = "data";

/// Makes an empty server's files.
pub(super) fn prepare(place: &Place) -> anyhow::Result<Daemon> {
    let data = place.inside(DATA);
    place.give_to(NOBODY)?;
    let mut initdb = as_nobody(place, &program("initdb")?);
    initdb.args([
        format!("--pgdata={data}"),
        format!("--username={USER}"),
        format!("--pwfile={}", place.password_file()),
    ]);
    command::output(initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]))?;
    place.append(&format!("{DATA}/pg_hba.conf"), "host all all 0.0.0.0/0 scram-sha-256\n")?;
    let server = program("postgres")?;
    let mut alone = as_nobody(place, &server);
    alone.args(["--single", "-D", &data, "template1"]);
    command::output_of_input(&mut alone, format!("CREATE DATABASE {DATABASE}\n").as_bytes())?;
    let settings = [
        format!("listen_addresses={}", names::NODE_ADDRESS),
        format!("port={}", place.port()),
        // It would be in a folder that belongs to another user.
        "unix_socket_directories=".to_owned(),
    ];
    let args = ["-D".to_owned(), data].into_iter();
    let args = args.chain(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    Ok(Daemon::new(place.name(), server, args).with_user(NOBODY))
}

fn as_nobody(place: &Place, program: &Path) -> Command {
    let mut command = place.sandbox.command("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")]);
    // Not everybody may look into the folder that this was started in.
    command.args(["--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

/// `name` from PATH, else of the newest version.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = versions.filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok()).max();
    env::split_paths(&on_path)
        .chain(newest.map(|version| Path::new(VERSIONS).join(version.to_string()).join("bin")))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("there is no {name}; install the package postgresql"))
}
