//! `cargo xtask generate`: each test that compares a committed file with its source also writes it.

use crate::{checkout::cargo, stage, tally::Tally};

/// Package and what of it to test.
const WRITERS: &[(&str, &[&str])] = &[
    ("cloakroom-node", &["--lib", "metrics::tests::the_document_is_current"]),
    // The resource before what embeds it.
    ("cloakroom-crds", &["--test", "it", "yaml"]),
    ("cloakroom-operator", &["--test", "golden"]),
];

pub(crate) fn run() -> anyhow::Result<bool> {
    let mut total = Tally::default();
    for (package, what) in WRITERS {
        let mut test = cargo(&["test", "--package", package]);
        total += stage::tests(test.args(*what).env("UPDATE_EXPECT", "1"))?;
    }
    println!("look at the difference: git diff");
    Ok(total.failed == 0)
}
