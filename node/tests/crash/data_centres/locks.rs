//! Clients of both data centres want one lock, while the data centres now reach each other and now do not.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use cloakroom_client::{Connection, Read, Timeout, Written};

use super::site::World;
use crate::client::{block_on, session};
use crate::patience::eventually;

/// A lock that was seen this often without a change belongs to nobody any more, and is broken, as ASP.NET does.
const GIVEN_UP: u32 = 300;
/// Commits that are waited for.
const COMMITS: u64 = 200;
const CUTS: u64 = 4;

/// What all clients know.
#[derive(Default)]
struct Ledger {
    /// Who holds the lock: the number of a client, or 0.
    holder: AtomicUsize,
    answered: AtomicU64,
    /// Commits of which nobody knows what became of them.
    unknown: AtomicU64,
    stop: AtomicBool,
}

fn number(body: &[u8]) -> u64 {
    std::str::from_utf8(body).ok().and_then(|body| body.parse().ok()).expect("a number was stored")
}

/// Counts the session's number up, again and again.
async fn work(client: usize, address: &str, ledger: &Ledger) {
    let session = session(1);
    let mut seen = (0, 0);
    while !ledger.stop.load(Ordering::SeqCst) {
        // A connection that failed is not used again.
        let Ok(mut connection) = Connection::connect(address).await else { continue };
        loop {
            match connection.get_exclusive(&session).await {
                Ok(Read::Found(held)) => {
                    let before = ledger.holder.swap(client, Ordering::SeqCst);
                    assert_eq!(before, 0, "client {client} was given the lock of {before}");
                    let number = number(&held.item.body);
                    thread::yield_now();
                    assert_eq!(ledger.holder.swap(0, Ordering::SeqCst), client);
                    let body = (number + 1).to_string();
                    let cookie = Some(held.cookie);
                    match connection.set(&session, body.as_bytes(), Timeout::DEFAULT, cookie).await {
                        Ok(Written::Done) => drop(ledger.answered.fetch_add(1, Ordering::SeqCst)),
                        // Somebody took it for given up.
                        Ok(Written::Locked(_) | Written::Absent) => {}
                        Err(_) => {
                            ledger.unknown.fetch_add(1, Ordering::SeqCst);
                            break;
                        }
                    }
                }
                Ok(Read::Locked(lock)) => {
                    seen = (lock.cookie, if seen.0 == lock.cookie { seen.1 + 1 } else { 1 });
                    if lock.cookie != 0 && seen.1 >= GIVEN_UP {
                        drop(connection.release(&session, lock.cookie).await);
                    }
                    thread::park_timeout(Duration::from_millis(10));
                }
                Ok(Read::Absent) => panic!("it is lost"),
                Err(_) => break,
            }
            if ledger.stop.load(Ordering::SeqCst) {
                return;
            }
        }
    }
}

#[test]
fn no_lock_is_granted_twice_and_nothing_answered_is_lost() {
    let world = World::start("");
    let (west, east) = (&world.west, &world.east);
    west.put(1, b"0");
    let ledger = Ledger::default();
    let addresses = [west, east].map(|site| [site.address(1, true), site.address(1, false)]);
    thread::scope(|scope| {
        for (client, address) in addresses.into_iter().flatten().enumerate() {
            let ledger = &ledger;
            scope.spawn(move || block_on(work(client + 1, address, ledger)));
        }
        for round in 0..CUTS {
            let target = (round + 1) * COMMITS / CUTS;
            eventually("they go on", || ledger.answered.load(Ordering::SeqCst) >= target);
            let cut = [west, east].map(|site| &site.from_other);
            cut.iter().for_each(|way| way.cut());
            eventually("they miss each other", || west.misses_other() && east.misses_other());
            cut.iter().for_each(|way| way.restore());
            eventually("they reach each other", || west.reaches_other() && east.reaches_other());
        }
        ledger.stop.store(true, Ordering::SeqCst);
    });
    let (answered, unknown) = (ledger.answered.load(Ordering::SeqCst), ledger.unknown.load(Ordering::SeqCst));
    let number = number(&west.body(1));
    assert!((answered..=answered + unknown).contains(&number), "{number}: {answered} and {unknown}");
    let swings = [west, east].map(|site| site.counted("cloakroom_swings_total{why=\"lost\"}"));
    assert!(swings.iter().sum::<u64>() > 0, "it was taken over when they missed each other");
}
