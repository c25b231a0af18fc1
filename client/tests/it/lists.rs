//! The tool's lists: what it asks nodes, and what it makes of their answers.

use crate::admin::{Admin, Turn};
use crate::tool::run;

const LOCKED: &str = "GET /sessions/locked?limit=100&ids=false";

const ONE: &str = r#"{"total": 3, "partial": "some are elsewhere", "sessions": [
    {"hash": "a1", "app": "/LM/W3SVC/1/ROOT", "bytes": 10, "timeoutMinutes": 20, "remainingSeconds": 1195,
     "lock": {"ageSeconds": 5}}]}"#;
const OTHER: &str = r#"{"total": 1, "sessions": [
    {"hash": "b2", "bytes": 70000, "timeoutMinutes": 20, "remainingSeconds": 59, "lock": {"ageSeconds": 125}}]}"#;

#[test]
fn locks_of_all_nodes_are_one_list() {
    let (one, other) = (Admin::lists(LOCKED, ONE), Admin::plays(vec![Turn::list(LOCKED, OTHER)]));
    let (code, out, error) = run(&["--admin", &one.address, "--admin", &other.address, "locks"]);
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    let expected: Vec<Vec<&str>> = vec![
        "NODE LOCKED FOR COOKIE BYTES EXPIRES IN APPLICATION SESSION".split(' ').collect(),
        vec![&other.address, "2m05s", "-", "70000", "59s", "-", "#b2"],
        vec![&one.address, "5s", "-", "10", "19m55s", "/LM/W3SVC/1/ROOT", "#a1"],
        "2 of 4 locked sessions".split(' ').collect(),
    ];
    assert_eq!((code, lines), (0, expected));
    assert_eq!(error, format!("{} cannot list all: some are elsewhere\n", one.address));
    one.finish();
    other.finish();
}

#[test]
fn a_list_for_programs_names_nodes_and_ids() {
    let page = r#"{"total": 9, "sessions": [
        {"hash": "a1", "app": "/LM/W3SVC/1/ROOT", "id": "s", "bytes": 10, "timeoutMinutes": 20, "remainingSeconds": 7,
         "lock": {"ageSeconds": 5, "cookie": 3}},
        {"hash": "b2", "id": "t", "bytes": 9, "timeoutMinutes": 20, "remainingSeconds": 8}]}"#;
    let node = Admin::lists("GET /sessions/largest?limit=1&ids=true", page);
    let args = ["--admin", &node.address, "top", "--limit", "1", "--show-ids", "--output", "json"];
    let (code, out, error) = run(&args);
    let expected = serde_json::json!({
        "nodes": [{"node": node.address, "total": 9, "partial": null}],
        "members": null,
        "sessions": [{
            "node": node.address, "hash": "a1", "app": "/LM/W3SVC/1/ROOT", "id": "s", "bytes": 10,
            "timeoutMinutes": 20, "remainingSeconds": 7, "lock": {"ageSeconds": 5, "cookie": 3},
        }],
    });
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), expected);
    node.finish();
}

#[test]
fn what_was_not_asked_is_not_passed_over() {
    let node = Admin::lists(LOCKED, OTHER);
    let (code, out, error) = run(&["--admin", &node.address, "--admin", "127.0.0.1:1", "locks"]);
    assert!(code == 1 && out.contains("#b2") && out.ends_with("1 of 1 locked sessions\n"), "{code} {out}");
    assert!(error.starts_with("127.0.0.1:1 listed nothing: ") && error.contains("refused"), "{error}");
    node.finish();
    let node = Admin::plays(vec![Turn { request: LOCKED, has: &[], head: "404 Not Found", body: "" }]);
    let (code, _, error) = run(&["--admin", &node.address, "locks"]);
    assert!(code == 1 && error.contains("is it the admin port of a node of this release?"), "{error}");
    node.finish();
}

#[test]
fn a_node_that_was_not_named_is_missed() {
    let ring = r#"{"cluster": "demo", "epoch": 3, "members": [
        {"name": "demo-0", "address": "10.0.0.1:42425", "state": "Active"},
        {"name": "demo-1", "address": "10.0.0.2:42425", "state": "Draining"}], "unsettled": [], "lossy": false}"#;
    let check = |ring: &'static str, code: i32, told: &str| {
        let ring = Turn { request: "GET /ring", has: &[], head: "200 OK", body: ring };
        let node = Admin::plays(vec![Turn::list(LOCKED, OTHER), ring]);
        let (got, out, error) = run(&["--admin", &node.address, "locks"]);
        assert!(got == code && out.contains("#b2") && error.contains(told), "{got} {out} {error}");
        node.finish();
    };
    check(ring, 1, "the cluster has 1 more nodes");
    check("{}", 0, "");
}

#[test]
fn a_node_that_is_busy_is_asked_again() {
    let busy = Turn { request: LOCKED, has: &[], head: "429 Too Many Requests", body: "ask again\n" };
    let node = Admin::plays(vec![busy, Turn::list(LOCKED, OTHER), Turn::alone()]);
    let (code, out, _) = run(&["--admin", &node.address, "locks"]);
    assert!(code == 0 && out.contains("#b2"), "{out}");
    node.finish();
}

#[test]
fn a_challenge_is_signed_with_the_key_of_the_cluster() {
    let refused = || Turn {
        request: LOCKED,
        has: &[],
        head: "401 Unauthorized\r\nCloakroom-Challenge: c0ffee",
        body: "sign\n",
    };
    let signed = || Turn {
        request: LOCKED,
        has: &[
            "\r\ncloakroom-challenge: c0ffee\r\n",
            "\r\ncloakroom-signature: 0c6b66e9d6eb303789168ca9486d35609a19d05d2b6d94d5f054c6538f1a1e32\r\n",
        ],
        head: "200 OK",
        body: OTHER,
    };
    let key = tempfile::NamedTempFile::new().unwrap();
    let with_key =
        |address: &str| run(&["--admin", address, "--peer-key-file", key.path().to_str().unwrap(), "locks"]);

    // Editors end files with a line feed.
    for text in ["the key of the cluster", "the key of the cluster\n"] {
        std::fs::write(key.path(), text).unwrap();
        let node = Admin::plays(vec![refused(), signed(), Turn::alone()]);
        let (code, out, error) = with_key(&node.address);
        assert!(code == 0 && out.contains("#b2"), "{out} {error}");
        node.finish();
    }

    let node = Admin::plays(vec![refused(), refused()]);
    let (code, _, error) = with_key(&node.address);
    assert!(code == 1 && error.contains("is not the one of its cluster"), "{error}");
    node.finish();

    let node = Admin::plays(vec![refused()]);
    let (code, _, error) = run(&["--admin", &node.address, "locks"]);
    assert!(code == 1 && error.contains("add --peer-key-file FILE"), "{error}");
    node.finish();
}
