//! The release of the chart that tests run against, as `up` installs it.

use std::path::PathBuf;

use crate::checkout;

/// Name of the release.
pub const RELEASE: &str = "cloakroom";
/// Its namespace.
pub const NAMESPACE: &str = "cloakroom-system";
/// The operator's Deployment in it.
pub const OPERATOR: &str = "deployment/cloakroom-operator";

/// The folder of the chart.
#[must_use]
pub fn chart() -> PathBuf {
    checkout().join("charts/cloakroom")
}
