//! The tool as a plugin of kubectl, with a program of that name in its place.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use crate::admin::Admin;
use crate::script::Node;
use crate::script::Then::Answers;
use crate::tool::ended;

/// Does what kubectl is asked for, with what stands in the files beside it, and writes down that it was asked.
const KUBECTL: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/asked"
last() { for last; do :; done; echo "$last"; }
case "$*" in
*"get pods"*) cat "$here/pods"; cat "$here/trouble" >&2; exit "$(cat "$here/code")" ;;
*port-forward*)
    port=$(last "$@")
    if [ ! -e "$here/port$port" ]; then echo "error: lost connection to pod" >&2; exit 1; fi
    echo $$ >> "$here/running"
    echo "Forwarding from 127.0.0.1:$(cat "$here/port$port") -> ${port#:}"
    exec sleep 60 ;;
esac
"#;

/// Looks at a process that ought to end: seconds.
const PATIENCE: usize = 1_000_000;

struct World(TempDir);

impl World {
    fn new(pods: &str) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.write("kubectl", KUBECTL);
        fs::set_permissions(world.path("kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
        for (name, content) in
            [("pods", pods), ("trouble", ""), ("code", "0"), ("asked", ""), ("running", "")]
        {
            world.write(name, content);
        }
        // As it is installed.
        symlink(env!("CARGO_BIN_EXE_cloakroom"), world.path("kubectl-cloakroom")).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Connections to this port of pods come to that address.
    fn forwards(&self, port: u16, address: &str) {
        self.write(&format!("port:{port}"), address.rsplit_once(':').unwrap().1);
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let path = format!("{}:/usr/bin:/bin", self.0.path().display());
        ended(Command::new(self.path("kubectl-cloakroom")).args(args).env("PATH", path), b"")
    }

    /// What was started ends, which takes the system a moment after it was told to.
    fn check_nothing_stays(&self) {
        let running = self.read("running");
        assert!(!running.is_empty(), "nothing was started");
        for id in running.lines() {
            let line = Path::new("/proc").join(id).join("cmdline");
            let runs = || fs::read_to_string(&line).is_ok_and(|line| line.contains("sleep"));
            let ended = (0..PATIENCE).any(|_| {
                thread::yield_now();
                !runs()
            });
            assert!(ended, "{id} still runs");
        }
    }
}

fn pods(ready: &[(&str, &str)]) -> String {
    let pod = |(name, ready): &(&str, &str)| {
        serde_json::json!({
            "metadata": {"name": name},
            "spec": {"containers": [{"ports": [
                {"name": "state", "containerPort": 42424}, {"name": "admin", "containerPort": 9424}]}]},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        })
    };
    serde_json::json!({"items": ready.iter().map(pod).collect::<Vec<_>>()}).to_string()
}

#[test]
fn a_session_is_asked_for_at_a_pod_and_nothing_stays_behind() {
    let world = World::new(&pods(&[("demo-0", "False"), ("demo-1", "True")]));
    let node = Node::plays([("GET", Answers("200 OK\nTimeout: 20\nContent-Length: 3\n\nabc"))]);
    world.forwards(42424, &node.address);
    let args = ["-n", "shop", "--context", "there", "--cluster", "demo", "get", "s"];
    let (code, out, error) = world.run(&args);
    assert_eq!(
        (code, out.as_str(), error.as_str()),
        (0, "found 3 bytes, timeout 20 minutes, not locked\n", "")
    );
    node.finish();
    let labels =
        "app.kubernetes.io/name=cloakroom,app.kubernetes.io/instance=demo,app.kubernetes.io/component=node";
    let asked = format!(
        "--namespace=shop --context=there get pods --output=json --selector {labels}\n\
         --namespace=shop --context=there port-forward --address=127.0.0.1 pod/demo-1 :42424\n"
    );
    assert_eq!(world.read("asked"), asked);
    world.check_nothing_stays();
}

#[test]
fn all_pods_that_are_ready_are_listed() {
    let world = World::new(&pods(&[("demo-0", "True"), ("demo-1", "False")]));
    let page = r#"{"total": 0, "sessions": []}"#;
    let admin = Admin::lists("GET /sessions/largest?limit=20&ids=false", page);
    world.forwards(9424, &admin.address);
    let (code, out, error) = world.run(&["--cluster", "demo", "top", "--output", "json"]);
    let expected = serde_json::json!({"nodes": [{"node": "demo-0", "total": 0, "partial": null}], "members": null, "sessions": []});
    assert_eq!((code, serde_json::from_str(&out).unwrap(), error.as_str()), (0, expected, ""));
    admin.finish();
    world.check_nothing_stays();
}

#[test]
fn what_kubectl_cannot_do_is_said_with_what_to_do() {
    let check = |world: &World, args: &[&str], code: i32, expected: &str| {
        let (got, _, error) = world.run(args);
        assert!(got == code && error.contains(expected), "{args:?}: {got} {error}");
    };
    let get = ["--cluster", "demo", "get", "s"];
    check(&World::new(&pods(&[])), &get, 1, "there is no pod of a cluster demo here");
    let world = World::new(&pods(&[("demo-0", "False"), ("demo-1", "False")]));
    check(&world, &get, 1, "none of the 2 pods of cluster demo is ready");
    let world = World::new(&pods(&[("demo-0", "True")]));
    check(&world, &get, 1, "kubectl port-forward to demo-0 ended: error: lost connection to pod");
    check(
        &world,
        &["--cluster", "demo", "locks"],
        1,
        "demo-0 listed nothing: kubectl port-forward to demo-0 ended",
    );
    check(&world, &["--cluster", "a,b", "get", "s"], 1, r#""a,b" is no name of a cluster"#);
    check(&world, &["get", "s"], 2, "name the SessionCluster after --cluster");
    check(&world, &["--cluster", "demo", "--admin", "x:1", "get", "s"], 2, "cannot be used with");
    world.write("trouble", "error: the server\nis gone\n");
    world.write("code", "1");
    check(&world, &get, 1, "kubectl cannot list the pods of cluster demo: error: the server; is gone");
    fs::remove_file(world.path("kubectl")).unwrap();
    let mut tool = Command::new(world.path("kubectl-cloakroom"));
    let (code, _, error) = ended(tool.args(get).env("PATH", world.0.path()), b"");
    assert!(code == 1 && error.contains("there is no program kubectl on the PATH"), "{error}");
}

#[test]
fn interrupted_it_leaves_nothing_behind() {
    let world = World::new(&pods(&[("demo-0", "True")]));
    // Takes the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    world.forwards(42424, &silent.local_addr().unwrap().to_string());
    let path = format!("{}:/usr/bin:/bin", world.0.path().display());
    let mut tool = Command::new(world.path("kubectl-cloakroom"));
    let mut tool = tool.args(["--cluster", "demo", "get", "s"]).env("PATH", path).spawn().unwrap();
    let connection = loop {
        match silent.accept() {
            Ok(connection) => break connection,
            Err(_) => assert_eq!(tool.try_wait().unwrap(), None, "it ended before it asked"),
        }
        thread::yield_now();
    };
    let id = i32::try_from(tool.id()).unwrap();
    let interrupted = Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(tool.wait().unwrap().code(), Some(130));
    world.check_nothing_stays();
    drop(connection);
}
