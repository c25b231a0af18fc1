//! Process 1 of the cluster's place: makes its mounts and its network, then waits for whoever ends there, and starts
//! daemons again that should not have.
//!
//! It starts with the machine's files in sight and hides what is not the cluster's: a program may write to
//! `/var/lib` or `/tmp` as it likes, and it lands in the state folder.

#![expect(clippy::disallowed_methods, reason = "with no process to wait for, there is only time to wait for")]

use std::{
    convert::Infallible,
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::ExitStatusExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use rustix::{
    fs::{CWD, FileType, Mode, makedev, mknodat},
    io::Errno,
    mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change},
    process::{WaitOptions, wait},
};

use super::{Identity, KEEPER, READY, STATE, TOOLS, limits};
use crate::{
    cluster::{names, revive},
    command,
};

/// Until somebody starts the first process.
const IDLE: Duration = Duration::from_millis(100);

/// What the keeper is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The state folder, as the machine calls it.
    #[arg(long)]
    state: PathBuf,
    /// A folder of programs and the name that it gets inside.
    #[arg(long = "tool", value_name = "NAME=FOLDER")]
    tools: Vec<String>,
}

/// Never returns but with an error: its end is the end of the cluster.
pub fn run(args: &Args) -> anyhow::Result<Infallible> {
    record(&args.state)?;
    // For what is started again from here.
    limits::raise();
    mount_folders(&args.state, &args.tools)?;
    make_network()?;
    fs::write(Path::new(STATE).join(READY), "")?;
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((process, status))) => {
                let pid = process.as_raw_nonzero().get().unsigned_abs();
                revive::after(Path::new(STATE), pid, ExitStatus::from_raw(status.as_raw()));
            }
            Ok(None) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => thread::sleep(IDLE),
            Err(error) => return Err(error).context("cannot wait for processes"),
        }
    }
}

/// Under the id that the rest of the machine knows: `/proc` is still the machine's.
fn record(state: &Path) -> anyhow::Result<()> {
    let proc = Path::new("/proc");
    let pid = fs::read_link(proc.join("self"))?.to_string_lossy().parse()?;
    if std::process::id() != 1 {
        bail!("this is started by `up` as process 1 of new namespaces, and not by hand");
    }
    Identity::of(proc, pid)?.write(&state.join(KEEPER))
}

fn mount_folders(state: &Path, tools: &[String]) -> anyhow::Result<()> {
    let tmpfs = |target: &str| {
        mount("tmpfs", target, "tmpfs", MountFlags::empty(), None)
            .with_context(|| format!("cannot mount {target}"))
    };
    // First the folders that lie anywhere, then what may hide them.
    tmpfs("/run")?;
    bind(state, STATE)?;
    for tool in tools {
        let (name, folder) = tool.split_once('=').context("write --tool NAME=FOLDER")?;
        bind(Path::new(folder), &format!("{TOOLS}/{name}"))?;
    }
    for (own, shown) in [("lib", "/var/lib"), ("log", "/var/log"), ("tmp", "/tmp")] {
        let own = Path::new(STATE).join("var").join(own);
        fs::create_dir_all(&own)?;
        mount_bind(&own, shown).with_context(|| format!("cannot mount {shown}"))?;
    }
    fs::set_permissions("/tmp", fs::Permissions::from_mode(0o1777))?;
    null()?;
    // Many programs still say /var/run.
    if !Path::new("/var/run").exists() {
        symlink("/run", "/var/run")?;
    }
    mount("proc", "/proc", "proc", MountFlags::empty(), None).context("cannot mount /proc")?;
    // The kubelet hands mounts on to containers, and takes back what they mount.
    mount_change("/", MountPropagationFlags::SHARED | MountPropagationFlags::REC)
        .context("cannot share mounts")
}

/// On some machines root alone may write to it, and not every process here is root.
fn null() -> anyhow::Result<()> {
    let (own, everybody) = ("/run/null", Mode::from_raw_mode(0o666));
    mknodat(CWD, own, FileType::CharacterDevice, everybody, makedev(1, 3))
        .with_context(|| format!("cannot make {own}"))?;
    fs::set_permissions(own, fs::Permissions::from_mode(everybody.as_raw_mode()))?;
    mount_bind(own, "/dev/null").context("cannot mount /dev/null")
}

fn bind(folder: &Path, shown: &str) -> anyhow::Result<()> {
    fs::create_dir_all(shown)?;
    mount_bind(folder, shown).with_context(|| format!("cannot mount {} as {shown}", folder.display()))
}

/// The node's address on a bridge that leads nowhere: nothing can leave.
fn make_network() -> anyhow::Result<()> {
    let address = format!("{}/24", names::NODE_ADDRESS);
    let gateway = names::NODE_ADDRESS.to_string();
    for line in [
        &["link", "set", "lo", "up"][..],
        &["link", "add", "node", "type", "bridge"],
        &["address", "add", &address, "dev", "node"],
        &["link", "set", "node", "up"],
        // Service addresses are looked up as routes before they are rewritten.
        &["route", "add", "default", "via", &gateway],
    ] {
        command::output(Command::new("ip").args(line))?;
    }
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").context("cannot forward packets between pods")
}
