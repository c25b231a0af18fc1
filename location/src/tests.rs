//! Rings and cookies that the tests share.

use std::time::Duration;

use crate::{Binding, DataCentre, Home, KeyRing, Location};

mod cookie;
mod fuzz;
mod key_ring;
mod text;
mod vectors;

/// Some time in 2026, in seconds since 1970.
const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;
const AGE: Duration = Duration::from_secs(7 * DAY);

const BINDING: Binding<'_> =
    Binding { cookie: "location", app: "/LM/W3SVC/1/ROOT", session: "k1im0mymglivv5rttkwn4fle" };

/// Bytes that differ from each other and with `seed`.
fn bytes<const N: usize>(seed: u8) -> [u8; N] {
    std::array::from_fn(|at| seed.wrapping_add(u8::try_from(at).unwrap().wrapping_mul(7)))
}

fn ring() -> KeyRing {
    KeyRing::generate(NOW, bytes(1))
}

fn location(number: u8, swing: u16, issued: u64) -> Location {
    Location { home: Home { data_centre: DataCentre::new(number).unwrap(), swing }, issued }
}

fn seal(ring: &KeyRing, now: u64, location: &Location) -> String {
    ring.seal(now, bytes(9), location, &BINDING)
}

fn open(ring: &KeyRing, now: u64, text: &str) -> Option<Location> {
    ring.open(now, text, &BINDING, AGE)
}
