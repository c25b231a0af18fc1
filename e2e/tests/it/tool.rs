//! The tool `cloakroom` as kubectl's plugin: a person finds who owns a session, and breaks a lock.

use std::{
    env,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use cloakroom_e2e::testbed::{Sandbox, sandbox, small};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with the tool under the name by which kubectl finds it.
struct Plugin(TempDir);

impl Plugin {
    fn install() -> Self {
        let folder = tempfile::tempdir().expect("a place for a link");
        symlink(tool(), folder.path().join("kubectl-cloakroom")).expect("the folder is empty");
        Self(folder)
    }

    /// What `kubectl cloakroom` prints.
    fn prints(&self, at: &Sandbox, args: &[&str]) -> String {
        let mut kubectl = at.cluster.kubectl();
        let path = kubectl.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
        let folders = path.map(|path| env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
        let folders = [self.0.path().to_owned()].into_iter().chain(folders);
        kubectl.env("PATH", env::join_paths(folders).expect("no folder has a colon"));
        kubectl.args(["cloakroom", "--namespace", &at.namespace, "--cluster", "shop"]).args(args);
        let output = kubectl.output().expect("kubectl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl cloakroom {}: {said}", args.join(" "));
        String::from_utf8(output.stdout).expect("text")
    }
}

/// The program, built.
fn tool() -> PathBuf {
    let build = ["build", "--quiet", "--package", "cloakroom-client", "--bin", "cloakroom"];
    let built = Command::new("cargo").args(build).current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(built.expect("cargo runs").success(), "the tool does not compile");
    // This test is in a folder beside it.
    let test = env::current_exe().expect("it runs");
    test.parent().and_then(Path::parent).expect("cargo's folders").join("cloakroom")
}

#[tokio::test]
async fn a_person_finds_a_lock_and_breaks_it() {
    sandbox("tool", async |at: &Sandbox| {
        at.serving("shop", &small(2)).await;
        let plugin = Plugin::install();
        let prints = |args: &[&str]| plugin.prints(at, args);
        assert_eq!(prints(&["put", "forgotten", "content"]), "stored\n");
        let locked = prints(&["lock", "forgotten"]);
        let cookie = locked.strip_prefix("found 7 bytes, timeout 20 minutes, locked with cookie ");
        let cookie: u64 = cookie.and_then(|cookie| cookie.trim_end().parse().ok()).expect(&locked);

        let owner: Value =
            serde_json::from_str(&prints(&["where", "forgotten", "--output", "json"])).expect("JSON");
        let listed = prints(&["locks"]);
        assert!(listed.contains("1 of 1 locked sessions") && !listed.contains("forgotten"), "{listed}");
        let list: Value =
            serde_json::from_str(&prints(&["locks", "--show-ids", "--output", "json"])).expect("JSON");
        let session = &list["sessions"][0];
        assert_eq!(
            (&session["id"], &session["lock"]["cookie"]),
            (&"forgotten".into(), &cookie.into()),
            "{list}"
        );
        assert_eq!(session["node"], owner["owner"]["name"], "where it was computed to be");
        assert_eq!(list["nodes"].as_array().map(Vec::len), Some(2), "{list}");

        assert_eq!(prints(&["break", "forgotten", "--yes"]), "broken\n");
        assert_eq!(prints(&["get", "forgotten"]), "found 7 bytes, timeout 20 minutes, not locked\n");
        assert!(prints(&["top"]).contains("1 of 1 sessions"));

        let logs = ["shop-0", "shop-1"].map(|pod| at.kubectl(&["logs", pod])).concat();
        assert!(logs.contains("audit: session ids were shown"), "{logs}");
        assert!(logs.contains("audit: a lock was to be broken"), "{logs}");
        assert!(!logs.contains("forgotten"), "no id stands in a log");
    })
    .await;
}
