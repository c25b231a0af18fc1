//! A data centre is lost, its sessions go on in the other one, and it comes back.

use std::thread;

use cloakroom_client::{Connection, Read, Timeout};

use super::site::World;
use crate::client::{block_on, session, set};
use crate::patience::eventually;

const SESSIONS: usize = 20;

fn body(number: usize, time: &str) -> Vec<u8> {
    format!("{number} {time}").into_bytes()
}

#[test]
fn whoever_is_asked_it_is_one_store() {
    let world = World::start("");
    for number in 0..SESSIONS {
        world.west.put(number, &body(number, "first"));
        assert_eq!(world.east.body(number), body(number, "first"));
        world.east.put(number, &body(number, "second"));
        assert_eq!(world.west.body(number), body(number, "second"));
    }
    let cookie = block_on(async {
        let mut east = Connection::connect(world.east.address(0, false)).await.unwrap();
        let Read::Found(held) = east.get_exclusive(&session(0)).await.unwrap() else { panic!("it is free") };
        held.cookie
    });
    block_on(async {
        let mut west = Connection::connect(world.west.address(0, true)).await.unwrap();
        let Read::Locked(lock) = west.get_exclusive(&session(0)).await.unwrap() else {
            panic!("granted twice")
        };
        assert_eq!(lock.cookie, cookie);
        let _ = west.set(&session(0), b"third", Timeout::DEFAULT, Some(cookie)).await.unwrap();
    });
    assert_eq!(world.east.body(0), b"third");
    assert!(world.east.counted("cloakroom_gateway_requests_total{result=\"answered\"}") > 0);
    assert!(world.west.counted("cloakroom_gateway_answers_total{result=\"answered\"}") > 0);
    for site in [&world.west, &world.east] {
        assert_eq!(site.counted("cloakroom_swings_total{why=\"lost\"}"), 0);
    }
}

#[test]
fn sessions_of_a_lost_data_centre_go_on_and_what_it_writes_late_is_refused() {
    let world = World::start("");
    let (west, east) = (&world.west, &world.east);
    for number in 0..SESSIONS {
        west.put(number, &body(number, "before"));
    }
    west.cut_off(east);
    // Its clients still reach it, and it cannot know what became of what it does for them.
    let address = west.address(0, true).to_owned();
    let late = thread::spawn(move || set(&address, 0, b"late"));
    for number in 0..SESSIONS {
        assert_eq!(east.body(number), body(number, "before"));
        east.put(number, &body(number, "after"));
    }
    assert!(east.misses_other());
    assert_eq!(east.counted("cloakroom_swings_total{why=\"lost\"}"), SESSIONS as u64);
    west.restore(east);
    let late = late.join().expect("it ends");
    for number in 1..SESSIONS {
        // It remembers what it stored there, and would build on that.
        west.put(number, &body(number, "again"));
        assert_eq!(east.body(number), body(number, "again"));
    }
    eventually("late writes were counted", || west.counted("cloakroom_late_writes_refused_total") > 0);
    let found = east.body(0);
    assert!(found == body(0, "after") || late.is_ok() && found == b"late", "{found:?} {late:?}");
    eventually("they reach each other", || west.reaches_other() && east.reaches_other());
    assert_eq!(west.body(0), found);
}

#[test]
fn who_is_cut_off_from_the_engine_alone_is_taken_over_as_well() {
    let world = World::start("");
    let (west, east) = (&world.west, &world.east);
    west.put(3, b"before");
    west.to_engine.cut();
    // It is asked all the time, and answers that it cannot tell.
    assert_eq!(east.body(3), b"before");
    east.put(3, b"after");
    west.to_engine.restore();
    assert_eq!(west.body(3), b"after");
}

#[test]
fn a_session_is_taken_back_once() {
    let world = World::start("swingBackAfter: 1s,");
    let (west, east) = (&world.west, &world.east);
    west.put(7, b"before");
    west.cut_off(east);
    assert_eq!(east.body(7), b"before");
    west.restore(east);
    let back = |site: &super::site::Site| site.counted("cloakroom_swings_total{why=\"back\"}");
    eventually("it is taken back", || west.body(7) == b"before" && back(west) == 1);
    let lost = |site: &super::site::Site| site.counted("cloakroom_swings_total{why=\"lost\"}");
    eventually("they reach each other", || west.reaches_other() && east.reaches_other());
    let swings = lost(west) + lost(east);
    for round in 0..10 {
        // The other has reached it for long enough as well.
        east.put(7, &body(round, "there"));
        assert_eq!(west.body(7), body(round, "there"));
        thread::park_timeout(std::time::Duration::from_millis(200));
    }
    assert_eq!((back(west), back(east), lost(west) + lost(east)), (1, 0, swings));
}
