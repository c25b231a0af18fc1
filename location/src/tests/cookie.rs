//! What opens, and that nothing else does.

use std::time::Duration;

use proptest::prelude::*;

use super::{AGE, BINDING, DAY, NOW, bytes, location, open, ring, seal};
use crate::{Binding, COOKIE_CHARACTERS, KeyRing, SKEW};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn cookie() -> String {
    seal(&ring(), NOW, &location(2, 5, NOW))
}

#[test]
fn other_keys_open_nothing() {
    assert_eq!(open(&ring(), NOW, &cookie()), Some(location(2, 5, NOW)));
    assert_eq!(open(&KeyRing::generate(NOW, bytes(2)), NOW, &cookie()), None);
}

#[test]
fn a_cookie_is_worth_nothing_elsewhere() {
    for (binding, why) in [
        (Binding { session: "k1im0mymglivv5rttkwn4flf", ..BINDING }, "another session"),
        (Binding { session: "", ..BINDING }, "no session"),
        (Binding { app: "/LM/W3SVC/2/ROOT", ..BINDING }, "another application"),
        (Binding { cookie: "Location", ..BINDING }, "another name"),
        (Binding { app: "/LM/W3SVC/1/ROO", cookie: "Tlocation", ..BINDING }, "parts cut elsewhere"),
        (Binding { app: BINDING.cookie, cookie: BINDING.app, ..BINDING }, "parts exchanged"),
    ] {
        assert_eq!(ring().open(NOW, &cookie(), &binding, AGE), None, "{why}");
    }
}

#[test]
fn no_part_of_a_cookie_is_a_cookie() {
    let cookie = cookie();
    for length in 0..cookie.len() {
        assert_eq!(open(&ring(), NOW, &cookie[..length]), None, "the first {length}");
        assert_eq!(open(&ring(), NOW, &cookie[length + 1..]), None, "without the first {}", length + 1);
    }
    for longer in [format!("{cookie}A"), format!("{cookie}="), format!(" {cookie}"), cookie.repeat(1000)] {
        assert_eq!(open(&ring(), NOW, &longer), None, "{} characters", longer.len());
    }
}

/// Each character is six bits, so this flips every bit alone and with others.
#[test]
fn no_character_can_be_another() {
    let cookie = cookie();
    for at in 0..cookie.len() {
        for other in ALPHABET.chars().chain("=+/. \0é".chars()) {
            let spoilt = format!("{}{other}{}", &cookie[..at], &cookie[at + 1..]);
            let expected = (spoilt == cookie).then_some(location(2, 5, NOW));
            assert_eq!(open(&ring(), NOW, &spoilt), expected, "{other:?} at {at}");
        }
    }
}

#[test]
fn cookies_are_good_for_a_time() {
    let week = AGE.as_secs();
    for (issued, good) in [
        (NOW, true),
        (NOW - week, true),
        (NOW - week - 1, false),
        (0, false),
        (NOW + SKEW.as_secs(), true),
        (NOW + SKEW.as_secs() + 1, false),
        (u64::MAX, false),
    ] {
        let cookie = seal(&ring(), NOW, &location(1, 0, issued));
        assert_eq!(open(&ring(), NOW, &cookie).is_some(), good, "issued at {issued}");
    }
    assert_eq!(ring().open(NOW, &cookie(), &BINDING, Duration::ZERO), Some(location(2, 5, NOW)));
}

#[test]
fn a_cookie_says_nothing_and_is_small_however_long_its_binding_is() {
    let long = "x".repeat(100_000);
    let binding = Binding { cookie: &long, app: &long, session: &long };
    let location = location(127, u16::MAX, NOW);
    let cookie = ring().seal(NOW, bytes(9), &location, &binding);
    assert_eq!(cookie.len(), COOKIE_CHARACTERS);
    const { assert!(COOKIE_CHARACTERS < 200) };
    assert!(cookie.chars().all(|character| ALPHABET.contains(character)));
    assert_eq!(ring().open(NOW, &cookie, &binding, AGE), Some(location));
    let other = ring().seal(NOW, bytes(10), &location, &binding);
    let same = cookie.bytes().zip(other.bytes()).filter(|(one, other)| one == other).count();
    assert!(same < 20, "another nonce leaves {same} characters the same");
}

#[test]
fn logs_have_no_session() {
    let shown = format!("{BINDING:?}");
    assert!(shown.contains(BINDING.app) && !shown.contains(BINDING.session), "{shown}");
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        number in 1_u8..=127, swing: u16, age in 0..DAY, secret: [u8; 32], nonce: [u8; 24],
        cookie in ".{0,40}", app in ".{0,40}", session in ".{0,80}",
    ) {
        let ring = KeyRing::generate(NOW, secret);
        let location = location(number, swing, NOW - age);
        let binding = Binding { cookie: &cookie, app: &app, session: &session };
        let sealed = ring.seal(NOW, nonce, &location, &binding);
        prop_assert_eq!(ring.open(NOW, &sealed, &binding, AGE), Some(location));
    }
}
