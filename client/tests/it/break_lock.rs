//! The tool breaks a lock: by the node's page if there is one, else as any client could.

use crate::admin::{Admin, Turn};
use crate::script::Node;
use crate::script::Then::Answers;
use crate::tool::run;

const LOCKED: &str = "423 Locked\nLockAge: 5\nLockCookie: 9\nContent-Length: 0\n\n";
const OK: &str = "200 OK\nContent-Length: 0\n\n";

#[test]
fn a_node_that_is_told_by_its_page_logs_it() {
    let check = |head: &'static str, body: &'static str, code: i32, told: &str| {
        let node = Node::plays([("GET", Answers(LOCKED))]);
        let admin = Admin::plays(vec![Turn {
            request: "POST /sessions/break",
            has: &[r#"{"app":"/LM/W3SVC/1/ROOT","cookie":9,"id":"s"}"#],
            head,
            body,
        }]);
        let (got, out, error) =
            run(&["--server", &node.address, "--admin", &admin.address, "break", "s", "--yes"]);
        assert!(got == code && (out.clone() + &error).contains(told), "{head}: {got} {out} {error}");
        node.finish();
        admin.finish();
    };
    check("200 OK", "not locked by that cookie any more\n", 0, "broken\n");
    check("409 Conflict", "another lock holds it\n", 4, "another lock holds it");
    check("404 Not Found", "there is no such session\n", 3, "there is no such session");
    check("404 Not Found", "", 1, "it has no such page");
    check("503 Service Unavailable", "look first\n", 1, "it answered 503: look first");
}

#[test]
fn without_an_admin_port_it_is_released_as_its_holder_would() {
    let node = Node::plays([("GET", Answers(LOCKED)), ("GET Exclusive: release,LockCookie:9", Answers(OK))]);
    let (code, out, error) = run(&["--server", &node.address, "break", "s", "--yes"]);
    assert_eq!((code, out.as_str()), (0, "broken\n"));
    assert!(error.contains("the nodes do not log it"), "{error}");
    node.finish();
}

#[test]
fn nothing_is_broken_that_nobody_confirmed_or_that_is_not_locked() {
    let check = |answer: &'static str, code: i32, told: &str| {
        let node = Node::plays([("GET", Answers(answer))]);
        let (got, out, error) = run(&["--server", &node.address, "break", "s"]);
        assert!(got == code && (out.clone() + &error).contains(told), "{answer}: {got} {out} {error}");
        node.finish();
    };
    check(LOCKED, 1, "held for 5 seconds; add --yes");
    check("200 OK\nTimeout: 20\nContent-Length: 1\n\na", 0, "not locked");
    check("404 Not Found\nContent-Length: 0\n\n", 3, "there is no such session");
}
