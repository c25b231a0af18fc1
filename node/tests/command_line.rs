//! What the program says to a bad command line, and that it has opened nothing by then.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

/// Runs the node in `folder` with nothing of the caller's environment but `environment`. Its admin port is
/// taken, so that a node that starts after all ends at once.
fn run(folder: &Path, flags: &[&str], environment: &[(&str, &str)]) -> (Output, String) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = taken.local_addr().unwrap().to_string();
    let mut node = Command::new(env!("CARGO_BIN_EXE_cloakroom-node"));
    node.current_dir(folder).args(flags).env_clear().env("CLOAKROOM_ADMIN_LISTEN", &admin);
    (node.envs(environment.iter().copied()).output().unwrap(), admin)
}

/// The node ends with `code`, says all of `parts`, and leaves its folder as it was.
#[track_caller]
fn check(flags: &[&str], environment: &[(&str, &str)], code: i32, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node.yaml"), "hotTier: 5MiB\nhotTeir: 5MiB\n").unwrap();
    fs::write(folder.path().join("tls.yaml"), "stateTls: {certFile: none.pem, keyFile: none.pem}\n").unwrap();
    let (ended, _) = run(folder.path(), flags, environment);
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert_eq!(ended.status.code(), Some(code), "{flags:?} {environment:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{flags:?} {environment:?}: {said:?} lacks {part:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{flags:?}: something was made");
}

#[test]
fn a_bad_configuration_ends_with_64_before_anything_is_opened() {
    check(&["--port", "1"], &[], 64, &["--port"]);
    check(&["--state-listen", "localhost"], &[], 64, &["write an IP address and a port"]);
    check(&["--config", "none.yaml"], &[], 64, &["cannot read none.yaml", "after --config"]);
    check(&["--config", "node.yaml"], &[], 64, &["node.yaml: unknown field `hotTeir`"]);
    check(&[], &[("CLOAKROOM_CONFIG", "node.yaml")], 64, &["node.yaml: unknown field `hotTeir`"]);
    check(&[], &[("CLOAKROOM_HOT_TIER", "1KiB")], 64, &["hotTier: 1KiB is too small; write 1MiB"]);
    check(&["--log", "loud"], &[], 64, &["log.filter: `loud` is not a log filter; write error"]);
    let unreadable = ["\n  stateTls: cannot read none.pem: ", "write PEM files that this node can read"];
    check(&["--config", "tls.yaml"], &[], 64, &unreadable);
    let open = ["--state-listen", "0.0.0.0:0", "--hot-tier", "1"];
    check(
        &open,
        &[],
        64,
        &["\n  stateListen: 0.0.0.0:0 is open to other machines", "\n  hotTier: 1 is too small"],
    );
}

#[test]
fn draining_needs_a_node() {
    let said = ["no node answers on 127.0.0.1:1", "name its admin port with --admin"];
    check(&["drain", "--admin", "127.0.0.1:1"], &[], 1, &said);
    check(&["drain", "--admin", "here"], &[], 64, &["write an IP address and a port"]);
}

#[test]
fn help_and_version_are_no_failure() {
    let help = [
        "--data-dir",
        "[default: ./cloakroom-data]",
        "CLOAKROOM_DATA_DIR",
        "[default: 256MiB]",
        "Exit codes",
    ];
    check(&["--help"], &[], 0, &help);
    check(&["--version"], &[], 0, &["cloakroom-node "]);
}

#[test]
fn a_port_in_use_is_a_failure_of_another_kind() {
    let folder = tempfile::tempdir().unwrap();
    let (ended, admin) = run(folder.path(), &["--state-listen", "127.0.0.1:0"], &[]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains(&admin) && said.contains("--admin-listen"), "{said}");
}
