//! With `acknowledge: memory` a kill may take what was answered last, and nothing older.

use std::thread;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::ledger::{Ledger, SESSIONS, now};
use crate::load::{Tally, check_all, drive};
use crate::node::Setup;

const KILLS: u64 = 5;
const LIFE: Duration = Duration::from_millis(2500);
/// The commit window, and what a busy machine may need beyond it.
const MAY_BE_MISSING: Duration = Duration::from_millis(100 + 1000);

#[test]
fn a_kill_takes_only_what_was_answered_within_the_commit_window() {
    let setup = Setup::new("{acknowledge: memory, commitWindow: 100ms, hotTier: 1MiB}");
    let mut ledger = Ledger::new();
    let (mut all, mut missing) = (Tally::default(), 0);
    for kill in 0..KILLS {
        let node = setup.start();
        let pid = node.pid();
        let killer = thread::spawn(move || {
            thread::park_timeout(LIFE);
            let killed = now();
            kill_process(pid, Signal::KILL).expect("it has not been waited for");
            killed
        });
        let tally = drive(&node.address, &mut ledger, kill);
        let killed = killer.join().expect("it only waits and kills");
        node.kill();
        all.add(&tally);
        let node = setup.start();
        missing += check_all(&node.address, &mut ledger, killed - MAY_BE_MISSING);
        node.kill();
    }
    println!(
        "{KILLS} kills with acknowledge: memory: {} requests answered, {missing} of {} sessions lacked what was \
         answered within the last {MAY_BE_MISSING:?}, none lacked anything older",
        all.answered,
        KILLS * SESSIONS as u64
    );
}
