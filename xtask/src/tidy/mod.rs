//! `cargo xtask tidy`: the rules of the tree that no compiler knows.
//!
//! Every rule is a function from what was read to what is wrong; reading is done here.

mod arrows;
mod bans;
mod links;
mod modules;
mod sizes;
mod text;

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use crate::checkout;

/// A text file of the checkout, by its path relative to the root.
struct File {
    path: PathBuf,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }
}

/// Reads the checkout and prints everything that is wrong in it.
pub(crate) fn run() -> anyhow::Result<bool> {
    let files = read()?;
    let lock = fs::read_to_string(checkout::root().join("Cargo.lock")).context("Cargo.lock")?;
    println!("{}", sizes::report(&files));
    let findings = [
        arrows::judge(&checkout::metadata()?.packages),
        bans::judge(&lock),
        links::judge(&files, |path| checkout::root().join(path).exists()),
        modules::judge(&files),
        sizes::judge(&files),
        text::judge(&files),
    ]
    .concat();
    findings.iter().for_each(|finding| println!("{finding}"));
    println!("tidy: {} files, {} findings", files.len(), findings.len());
    Ok(findings.is_empty())
}

/// Every file that Git keeps and that is text.
fn read() -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for path in checkout::files()? {
        let bytes = fs::read(checkout::root().join(&path)).with_context(|| path.display().to_string())?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path, text });
        }
    }
    Ok(files)
}
