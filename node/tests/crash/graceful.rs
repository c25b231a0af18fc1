//! SIGTERM is a clean stop; a second one ends the process at once.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::ledger::{Ledger, now};
use crate::load::{check_all, drive};
use crate::node::Setup;

const STOPS: u64 = 5;
const LIFE: Duration = Duration::from_millis(200);

#[track_caller]
fn check(acknowledge: &str) {
    let setup = Setup::new(&format!(
        "{{{acknowledge}, hotTier: 1MiB, journal: {{segmentBytes: 256KiB, checkpointBytes: 256KiB}}}}"
    ));
    let mut ledger = Ledger::new();
    for stop in 0..STOPS {
        let mut node = setup.start();
        let recovered = node.said.iter().find(|line| line.contains("recovered"));
        match recovered {
            Some(line) => assert!(line.contains("clean_stop=true"), "after stop {stop}: {line}"),
            None => assert_eq!(stop, 0, "only a new data directory has nothing to recover: {:?}", node.said),
        }
        check_all(&node.address, &mut ledger, now());
        let pid = node.pid();
        let stopper = thread::spawn(move || {
            thread::park_timeout(LIFE);
            kill_process(pid, Signal::TERM).expect("it has not been waited for");
        });
        let tally = drive(&node.address, &mut ledger, stop);
        stopper.join().expect("it only waits and signals");
        let status = node.wait();
        assert_eq!(status.code(), Some(0), "{:#?}", node.said);
        assert!(tally.answered > 0 && tally.in_flight > 0, "there was no load: {tally:?}");
    }
    let node = setup.start();
    check_all(&node.address, &mut ledger, now());
}

#[test]
fn a_stop_under_load_keeps_every_answered_write() {
    check("acknowledge: disk");
    // Most of what was answered waits for the disk when the signal comes.
    check("acknowledge: memory, commitWindow: 10s");
}

#[test]
fn a_second_signal_ends_at_once() {
    let setup = Setup::new("{drainTimeout: 1h}");
    let mut node = setup.start();
    let mut slow = TcpStream::connect(&node.address).unwrap();
    slow.write_all(
        b"PUT half HTTP/1.1\r\nHost: localhost\r\nTimeout:20\r\nContent-Length:100\r\n\r\nhalf of",
    )
    .unwrap();
    node.signal(Signal::TERM);
    // Two signals before either is looked at would be one.
    node.read_until("draining");
    node.signal(Signal::TERM);
    assert_eq!(node.wait().code(), Some(1), "{:#?}", node.said);
    assert!(node.said.iter().any(|line| line.contains("ended by a second signal")), "{:#?}", node.said);

    let again = setup.start();
    assert!(again.said.iter().any(|line| line.contains("clean_stop=false")), "{:#?}", again.said);
}
