//! The command-line tool: what it sends, what it prints, how it exits.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::script::Node;
use crate::script::Then::Answers;

/// Runs `cloakroom` and gives its exit code, standard output and standard error.
pub(crate) fn run(args: &[&str]) -> (i32, String, String) {
    ended(Command::new(env!("CARGO_BIN_EXE_cloakroom")).args(args), b"")
}

/// What a program came to that reads `input`.
pub(crate) fn ended(program: &mut Command, input: &[u8]) -> (i32, String, String) {
    let mut tool = program
        .env_remove("CLOAKROOM_SERVER")
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
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    tool.args(["--server", &node.address]).args(args);
    assert_eq!(ended(&mut tool, b"hello"), expected, "{args:?}");
    node.finish();
}

/// Looks at a process that ought to end: seconds.
const PATIENCE: usize = 1_000_000;

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
        let (got, _, error) = run(&[&["--server", "127.0.0.1:1"], args].concat());
        assert!(got == code && error.contains(expected), "{args:?} exited {got}: {error}");
    };
    check(&["--deadline", "1", "get", "s"], 1, "see whether nodes run and are reachable, then try again\n");
    check(&["--server", "nowhere", "get", "s"], 1, "is not a host and a port: write both");
    check(&["locks", "--limit", "0"], 2, "0 is not in 1..=1000");
    check(&["--namespace", "shop", "get", "s"], 2, "cannot be used with");
    check(&["get", ""], 1, "a session id has 1 to 80 characters, this one has 0");
    check(&["put", "s", "x", "--timeout", "soon"], 2, "write whole minutes, such as 20");
    check(&["put", "s", "x", "--timeout", "525601"], 2, "a session timeout is 0 to 525600 minutes");
    check(&["unlock", "s"], 2, "<COOKIE>");
    check(&["get", "s", "--show", "--raw"], 2, "cannot be used with");
}

#[test]
fn it_can_be_interrupted_while_it_waits_for_its_input() {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    let mut tool = tool.args(["put", "s"]).stdin(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", tool.id());
    // Before it listens for signals, one would simply end it.
    while !listens_for_interrupts(&std::fs::read_to_string(&status).unwrap()) {
        assert_eq!(tool.try_wait().unwrap(), None, "it ended before it read");
        std::thread::yield_now();
    }
    let id = tool.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = (0..PATIENCE).find_map(|_| {
        std::thread::yield_now();
        tool.try_wait().unwrap()
    });
    // What still waits for its input ends with it.
    drop(tool.stdin.take());
    assert_eq!(ended.expect("it ends by the signal").code(), Some(130));
}

/// Whether a process has a handler for SIGINT, by what the system shows of it.
fn listens_for_interrupts(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & 0b10 != 0)
}

#[test]
fn what_was_typed_wins_over_the_environment_and_contradictions_are_refused() {
    let node = Node::plays([("GET", Answers(ABSENT))]);
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    tool.args(["get", "s"]).env("CLOAKROOM_SERVER", &node.address);
    let done = tool.output().unwrap();
    assert_eq!(done.status.code(), Some(3), "the environment names a node");
    node.finish();
    let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    tool.args(["--ring-file", "/no/such/ring", "get", "s"]).env("CLOAKROOM_SERVER", "127.0.0.1:1");
    let error = String::from_utf8(tool.output().unwrap().stderr).unwrap();
    assert!(error.contains("cannot read the ring from /no/such/ring"), "{error}");
    for other in [["--ring-file", "x"], ["--dns", "x"], ["--cluster", "x"], ["--port", "1"]] {
        let (code, _, error) = run(&[&["--server", "x:1"][..], &other, &["get", "s"]].concat());
        assert!(code == 2 && error.contains("cannot be used with"), "{other:?}: {error}");
    }
}
