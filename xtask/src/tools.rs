//! Programs from elsewhere that tests and benchmarks start: those of the distribution, and what drives a browser.

#![expect(clippy::disallowed_methods, reason = "a tool tells people how long an installation took")]

use std::{
    env, fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, bail, ensure};

use crate::{checkout::root, tally::Tally};

/// Who starts a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Tests,
    Bench,
}

struct Tool {
    program: &'static str,
    /// The Debian package that has it.
    package: &'static str,
    used_by: &'static [Use],
}

const TOOLS: &[Tool] = &[
    // Sets a node's clock back and forward without touching the machine's.
    Tool { program: "faketime", package: "faketime", used_by: &[Use::Tests] },
    // Backing stores; Valkey is no package of the distribution, and is fetched by the first test that wants it.
    Tool { program: "redis-server", package: "redis-server", used_by: &[Use::Tests, Use::Bench] },
    Tool { program: "postgres", package: "postgresql", used_by: &[Use::Tests, Use::Bench] },
    Tool { program: "chromium", package: "chromium", used_by: &[Use::Tests] },
    Tool { program: "memcached", package: "memcached", used_by: &[Use::Bench] },
];

/// [`ensure_installed`] as a stage.
pub(crate) fn stage(used_by: Use) -> anyhow::Result<Tally> {
    ensure_installed(used_by)?;
    if used_by == Use::Tests {
        ensure_browser_driver()?;
    }
    Ok(Tally::of_check(true))
}

/// Installs from npm, outside the checkout, what drives the browser, unless it is there.
fn ensure_browser_driver() -> anyhow::Result<()> {
    let began = Instant::now();
    let mut install = Command::new("node");
    let install = install.arg(root().join("e2e/browser/install.mjs")).stderr(Stdio::inherit()).output().context(
        "cannot start node, which drives the browser of a test; install Node.js 20 or later from https://nodejs.org",
    )?;
    ensure!(install.status.success(), "what drives the browser could not be installed; see above");
    let folder = String::from_utf8_lossy(&install.stdout);
    println!("what drives the browser is in {} ({:.1} s)", folder.trim(), began.elapsed().as_secs_f64());
    Ok(())
}

/// Installs what `used_by` needs and is missing if this is root, else says how.
///
/// # Errors
/// Something is missing still.
pub(crate) fn ensure_installed(used_by: Use) -> anyhow::Result<()> {
    let packages = missing(used_by, present);
    if packages.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    if Path::new("/proc/self").metadata()?.uid() != 0 {
        bail!("missing: {0}; run `sudo apt-get install {0}`", packages.join(" "));
    }
    println!("installing {}", packages.join(" "));
    let began = Instant::now();
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    for args in [vec!["update", "--quiet"], [&install, packages.as_slice()].concat()] {
        let status = Command::new("apt-get").args(&args).status()?;
        ensure!(
            status.success(),
            "apt-get {} failed; install {} by hand",
            args.join(" "),
            packages.join(" ")
        );
    }
    println!("installed {} in {:.1} s", packages.join(" "), began.elapsed().as_secs_f64());
    Ok(())
}

fn missing(used_by: Use, present: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let wanted = TOOLS.iter().filter(|tool| tool.used_by.contains(&used_by) && !present(tool.program));
    wanted.map(|tool| tool.package).collect()
}

/// On PATH, or where Debian puts PostgreSQL's programs.
fn present(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    env::split_paths(&path)
        .chain(versions.map(|version| version.path().join("bin")))
        .any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    //! What is missing when.

    use super::{Use, missing};

    #[test]
    fn only_what_is_absent_and_wanted_is_missing() {
        assert_eq!(missing(Use::Bench, |_| true), [""; 0]);
        assert_eq!(missing(Use::Bench, |program| program == "memcached"), ["redis-server", "postgresql"]);
        assert_eq!(missing(Use::Tests, |_| false), ["faketime", "redis-server", "postgresql", "chromium"]);
    }
}
