//! The command-line tool: what it sends, what it prints, how it exits.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::script::Node;
use crate::script::Then::Answers;

/// Runs `cloakroom` and gives its exit code, standard output and standard error.
fn run(server: &str, args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(args)
        .env("CLOAKROOM_SERVER", server)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A tool that takes no input may have exited already.
    let _ = tool.stdin.take().unwrap().write_all(input);
    let done = tool.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// Runs `cloakroom` against a node that expects one request.
fn check(args: &[&str], (request, answer): (&'static str, &'static str), code: i32, out: &str, error: &str) {
    let node = Node::plays([(request, Answers(answer))]);
    let expected = (code, out.to_owned(), error.to_owned());
    assert_eq!(run(&node.address, args, b"hello"), expected, "{args:?}");
    node.finish();
}

const OK: &str = "200 OK\nContent-Length: 0\n\n";
const ITEM: &str = "200 OK\nTimeout: 20\nContent-Length: 3\n\na\x01b";
const GRANTED: &str = "200 OK\nLockCookie: 2\nTimeout: 20\nContent-Length: 3\n\na\x01b";
const ABSENT: &str = "404 Not Found\nContent-Length: 0\n\n";
const LOCKED: &str = "423 Locked\nLockAge: 5\nLockCookie: 9\nContent-Length: 0\n\n";

#[test]
fn prints_contents_only_when_asked() {
    let found = "found 3 bytes, timeout 20 minutes, not locked\n";
    check(&["get", "s"], ("GET", ITEM), 0, found, "");
    check(&["get", "s", "--show"], ("GET", ITEM), 0, &format!("{found}a\\x01b\n"), "");
    check(&["get", "s", "--raw"], ("GET", ITEM), 0, "a\x01b", found);
    let locked = "found 3 bytes, timeout 20 minutes, locked with cookie 2\n";
    check(&["lock", "s"], ("GET Exclusive: acquire", GRANTED), 0, locked, "");
}

#[test]
fn writes() {
    let put = "PUT Timeout:20,Content-Length:5,ExtraFlags:0,LockCookie:0|hello";
    check(&["put", "s", "hello"], (put, OK), 0, "stored\n", "");
    check(&["put", "s"], (put, OK), 0, "stored\n", "");
    let put = "PUT Timeout:9,Content-Length:5,ExtraFlags:0,LockCookie:2|hello";
    check(&["put", "s", "hello", "--timeout", "9", "--cookie", "2"], (put, OK), 0, "stored\n", "");
    check(&["remove", "s"], ("DELETE LockCookie:0", OK), 0, "removed\n", "");
    check(&["touch", "s"], ("HEAD", OK), 0, "kept alive\n", "");
    check(&["unlock", "s", "9"], ("GET Exclusive: release,LockCookie:9", OK), 0, "unlocked\n", "");
}

#[test]
fn exits_with_what_it_met() {
    let absent = "there is no such session\n";
    check(&["get", "s"], ("GET", ABSENT), 3, "", absent);
    check(&["touch", "s"], ("HEAD", ABSENT), 3, "", absent);
    let locked = "locked by somebody else for 5 seconds, with cookie 9\n";
    check(&["get", "s"], ("GET", LOCKED), 4, "", locked);
    check(&["remove", "s"], ("DELETE LockCookie:0", LOCKED), 4, "", locked);
}

#[test]
fn says_what_to_write_instead() {
    let check = |args: &[&str], code, expected: &str| {
        let (got, _, error) = run("127.0.0.1:1", args, b"");
        assert!(got == code && error.contains(expected), "{args:?} exited {got}: {error}");
    };
    check(&["get", "s"], 1, "or name a running one with --server HOST:PORT");
    check(&["get", ""], 1, "a session id has 1 to 80 characters, this one has 0");
    check(&["put", "s", "x", "--timeout", "soon"], 2, "write whole minutes, such as 20");
    check(&["put", "s", "x", "--timeout", "525601"], 2, "a session timeout is 0 to 525600 minutes");
    check(&["unlock", "s"], 2, "<COOKIE>");
    check(&["get", "s", "--show", "--raw"], 2, "cannot be used with");
}
