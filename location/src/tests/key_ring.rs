//! Keys that follow each other.

use std::time::Duration;

use proptest::prelude::*;

use super::{BINDING, DAY, NOW, bytes, location, open, ring, seal};
use crate::{KEYS_MAX, KeyRing, Plan};

const PLAN: Plan = Plan { seal_after: Duration::from_secs(120), keep: Duration::from_secs(30 * DAY) };

/// The id of the key under which `ring` seals.
fn sealing(ring: &KeyRing, now: u64) -> u32 {
    ring.sealing(now).id
}

#[test]
fn a_new_key_opens_at_once_and_seals_later() {
    let old = ring();
    let new = old.rotated(NOW + DAY, bytes(2), PLAN);
    let begins = NOW + DAY + 120;
    for (now, id) in [(0, 1), (NOW, 1), (begins - 1, 1), (begins, 2), (begins + 400 * DAY, 2)] {
        assert_eq!(sealing(&new, now), id, "at {now}");
    }
    // Web servers read the file at different times.
    let early = seal(&old, begins, &location(1, 0, begins));
    assert_eq!(open(&new, begins, &early), Some(location(1, 0, begins)));
    let late = seal(&new, begins, &location(2, 1, begins));
    assert_eq!(open(&new, begins, &late), Some(location(2, 1, begins)));
    assert_eq!(open(&old, begins, &late), None, "it has not read the new key");
}

#[test]
fn a_former_key_opens_until_its_end() {
    let new = ring().rotated(NOW, bytes(2), PLAN);
    let end = NOW + 120 + 30 * DAY;
    for (now, opens) in [(end, true), (end + 1, false)] {
        let cookie = seal(&ring(), now, &location(1, 0, now));
        assert_eq!(open(&new, now, &cookie).is_some(), opens, "at {now}");
    }
    let later = new.rotated(end + 1, bytes(3), PLAN);
    assert_eq!(later.keys.iter().map(|key| key.id).collect::<Vec<_>>(), [2, 3], "the first one is gone");
}

#[test]
fn a_second_rotation_does_not_prolong_a_former_key() {
    let twice = ring().rotated(NOW, bytes(2), PLAN).rotated(NOW + DAY, bytes(3), PLAN);
    let ends: Vec<_> = twice.keys.iter().map(|key| key.open_until).collect();
    assert_eq!(ends, [Some(NOW + 120 + 30 * DAY), Some(NOW + DAY + 120 + 30 * DAY), None]);
}

#[test]
fn a_key_is_due_after_its_time() {
    let every = Duration::from_secs(30 * DAY);
    for (now, due) in [(0, false), (NOW, false), (NOW + 30 * DAY - 1, false), (NOW + 30 * DAY, true)] {
        assert_eq!(ring().due(now, every), due, "at {now}");
    }
    let next = ring().rotated(NOW + 30 * DAY, bytes(2), PLAN);
    assert!(!next.due(NOW + 30 * DAY, every));
    assert_eq!((next.newest_id(), next.newest_seals_from()), (2, NOW + 30 * DAY + 120));
}

#[test]
fn after_the_last_id_comes_a_new_ring() {
    let last = ring().to_json().replace("\"id\":1", "\"id\":4294967295");
    let next = KeyRing::from_json(&last).unwrap().rotated(NOW, bytes(2), PLAN);
    assert_eq!((next.keys.len(), next.newest_id()), (1, 1));
    assert!(KeyRing::from_json(&next.to_json()).is_ok());
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", ring());
    assert!(shown.contains("id: 1") && shown.contains("[redacted]"), "{shown}");
    let secret: [u8; 32] = bytes(1);
    assert!(!shown.contains(&format!("{}, {}", secret[0], secret[1])), "{shown}");
}

proptest! {
    /// However often, and with whatever clocks: a ring that was rotated is a ring, opens what it seals, and what was sealed
    /// under the newest key before still opens.
    #[test]
    fn rotation_keeps_the_ring_in_order(steps in prop::collection::vec((0..60 * DAY, 0_u64..600, 0..40 * DAY), 1..40)) {
        let mut ring = ring();
        let mut seed = 1_u8;
        for (later, seal_after, keep) in steps {
            // Clocks go back as well.
            let now = NOW + later;
            let before = seal(&ring, now, &location(1, 0, now));
            seed = seed.wrapping_add(1);
            let plan = Plan { seal_after: Duration::from_secs(seal_after), keep: Duration::from_secs(keep) };
            let next = ring.rotated(now, bytes(seed), plan);
            prop_assert_eq!(next.newest_id(), ring.newest_id() + 1);
            prop_assert!(next.keys.len() <= KEYS_MAX);
            let read = KeyRing::from_json(&next.to_json());
            prop_assert_eq!(&*read.expect("a ring").to_json(), &*next.to_json());
            let newest = seal(&next, u64::MAX, &location(1, 0, now));
            prop_assert!(next.open(now, &newest, &BINDING, Duration::MAX).is_some());
            if ring.sealing(now).id == ring.newest_id() {
                prop_assert!(open(&next, now, &before).is_some());
            }
            ring = next;
        }
    }
}
