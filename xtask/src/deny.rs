//! `deny.toml` enforced by cargo-deny, where that is installed.
//!
//! It takes minutes to build, so a missing cargo-deny does not fail the tests: `tidy` has already
//! checked the banned crates against the lock file.

use std::process::{Command, Stdio};

use crate::{checkout::cargo, stage::check, tally::Tally};

const INSTALL: &str = "cargo install cargo-deny --locked";

/// `cargo xtask deny`: fails if cargo-deny is missing.
pub(crate) fn run() -> anyhow::Result<bool> {
    if !installed() {
        println!("cargo-deny is missing; run `{INSTALL}`");
        return Ok(false);
    }
    Ok(check_rules()?.failed == 0)
}

/// The stage: skipped, and saying so, if cargo-deny is missing.
pub(crate) fn stage() -> anyhow::Result<Tally> {
    if !installed() {
        println!("skipped: cargo-deny is missing; `{INSTALL}` adds it");
        return Ok(Tally::default());
    }
    check_rules()
}

fn installed() -> bool {
    let mut asked = Command::new("cargo-deny");
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

fn check_rules() -> anyhow::Result<Tally> {
    check(&mut cargo(&["deny", "check", "bans", "licenses", "sources"]))
}
