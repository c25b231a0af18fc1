//! Who may use whom. A crate that is not in the table has no place in the design yet.

use crate::checkout::Package;

/// A crate of ours, by folder name, and which of ours it may use.
struct Place {
    name: &'static str,
    uses: &'static [&'static str],
    /// Crates of others that would break what it promises.
    shuns: &'static [&'static str],
}

/// A pure crate is a function of its inputs: no runtime, no clock, no randomness, no cluster.
const IMPURE: &[&str] = &["tokio", "kube", "getrandom", "rand", "jiff", "axum"];
const CLUSTER: &[&str] = &["kube", "k8s-openapi"];

const PLACES: &[Place] = &[
    Place { name: "session", uses: &[], shuns: IMPURE },
    Place { name: "protocol", uses: &["session"], shuns: IMPURE },
    Place { name: "ring", uses: &[], shuns: IMPURE },
    Place { name: "location", uses: &[], shuns: IMPURE },
    Place { name: "node-config", uses: &[], shuns: IMPURE },
    Place { name: "node", uses: &["session", "protocol", "ring", "location", "node-config"], shuns: CLUSTER },
    Place { name: "client", uses: &["session", "protocol", "ring", "location"], shuns: CLUSTER },
    Place { name: "crds", uses: &[], shuns: &[] },
    Place { name: "operator", uses: &["crds", "ring", "location", "node-config"], shuns: &[] },
];
/// For development: these use anything, and nothing uses them.
const DEVELOPMENT: &[&str] = &["sim", "bench", "engines", "e2e", "xtask"];

/// Arrows that point where they may not. Development dependencies are free.
pub(super) fn judge(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(judge_package).collect()
}

fn judge_package(package: &Package) -> Vec<String> {
    let name = ours(&package.name).unwrap_or(&package.name);
    if DEVELOPMENT.contains(&name) {
        return Vec::new();
    }
    let Some(place) = PLACES.iter().find(|place| place.name == name) else {
        return vec![format!("{name}: has no place in the table of xtask/src/tidy/arrows.rs; add it there")];
    };
    let built_with =
        package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    built_with
        .filter_map(|dependency| match ours(&dependency.name) {
            Some(other) if !place.uses.contains(&other) => Some(other),
            None if place.shuns.contains(&dependency.name.as_str()) => Some(dependency.name.as_str()),
            _ => None,
        })
        .map(|other| format!("{name}: may not use {other}; it may use [{}] of ours", place.uses.join(", ")))
        .collect()
}

/// The folder name, if the crate is one of ours.
fn ours(name: &str) -> Option<&str> {
    name.strip_prefix("cloakroom-").or(Some(name).filter(|name| *name == "xtask"))
}

#[cfg(test)]
mod tests {
    //! A crate, what it uses, and what is wrong with that.

    use super::judge;
    use crate::checkout::{Dependency, Package};

    #[track_caller]
    fn check(name: &str, uses: &[(&str, Option<&str>)], wrong: &[&str]) {
        let dependencies = uses
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: kind.map(str::to_owned) })
            .collect();
        let findings = judge(&[Package { name: name.to_owned(), dependencies }]);
        let starts: Vec<_> = findings.iter().map(|finding| finding.split(';').next().unwrap()).collect();
        assert_eq!(starts, wrong);
    }

    #[test]
    fn arrows_point_down_only() {
        check("cloakroom-protocol", &[("cloakroom-session", None), ("memchr", None)], &[]);
        check("cloakroom-session", &[("cloakroom-protocol", None)], &["session: may not use protocol"]);
        check("cloakroom-node", &[("cloakroom-client", Some("dev"))], &[]);
        check("cloakroom-node", &[("cloakroom-client", None)], &["node: may not use client"]);
        check("cloakroom-client", &[("xtask", Some("build"))], &["client: may not use xtask"]);
        check("cloakroom-bench", &[("cloakroom-node", None)], &[]);
    }

    #[test]
    fn pure_crates_stay_pure_and_the_node_knows_no_cluster() {
        check("cloakroom-ring", &[("tokio", None)], &["ring: may not use tokio"]);
        check("cloakroom-node", &[("tokio", None), ("kube", None)], &["node: may not use kube"]);
        check("cloakroom-session", &[("rand", Some("dev"))], &[]);
    }

    #[test]
    fn a_crate_without_a_place_is_told_where_to_get_one() {
        check("cloakroom-extra", &[], &["extra: has no place in the table of xtask/src/tidy/arrows.rs"]);
    }
}
