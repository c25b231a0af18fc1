//! `cargo xtask metrics-doc`: the test that compares docs/metrics.md with the catalogue also writes it.

use crate::{checkout::cargo, stage};

pub(crate) fn run() -> anyhow::Result<bool> {
    let mut test =
        cargo(&["test", "--package", "cloakroom-node", "--lib", "metrics::tests::the_document_is_current"]);
    Ok(stage::tests(test.env("UPDATE_EXPECT", "1"))?.failed == 0)
}
