//! Rings as text: what is written, what is refused, and that a message shows no secret.

use super::{NOW, bytes, ring};
use crate::{KEYS_MAX, KeyRing, Plan, TEXT_BYTES_MAX};

/// Of [`bytes`] with the seed 1.
const SECRET: &str = "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o=";

fn key(id: u64, seal_from: u64, open_until: &str) -> String {
    format!(r#"{{"id":{id},"secret":"{SECRET}","sealFrom":{seal_from},"openUntil":{open_until}}}"#)
}

fn keys(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

#[test]
fn the_text_is_frozen() {
    assert_eq!(*ring().to_json(), keys(&[key(1, NOW, "null")]));
    let plan = Plan { seal_after: std::time::Duration::ZERO, keep: std::time::Duration::ZERO };
    let twice = ring().rotated(NOW, bytes(1), plan);
    assert_eq!(*twice.to_json(), keys(&[key(1, NOW, &NOW.to_string()), key(2, NOW, "null")]));
}

#[test]
fn the_end_may_be_left_out() {
    let text = format!(r#" {{"keys": [{{"id": 1, "secret": "{SECRET}", "sealFrom": {NOW}}}]}} "#);
    assert_eq!(*KeyRing::from_json(&text).unwrap().to_json(), *ring().to_json());
}

#[test]
fn the_longest_ring_fits() {
    let last = u64::from(u32::MAX);
    let former = (1..16).rev().map(|before| key(last - before, u64::MAX, &u64::MAX.to_string()));
    let text = keys(&former.chain([key(last, u64::MAX, "null")]).collect::<Vec<_>>());
    assert!(text.len() < TEXT_BYTES_MAX && text.len() < KEYS_MAX * 192, "{} bytes", text.len());
    assert_eq!(*KeyRing::from_json(&text).unwrap().to_json(), text);
}

#[test]
fn what_is_wrong_is_refused_without_showing_it() {
    let one = key(1, NOW, "null");
    let short = one.replace(SECRET, &SECRET[4..]);
    let no_base64 = one.replace(SECRET, &SECRET.replace('=', "%"));
    let zeros = one.replace(SECRET, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let swapped = one.replace("1,", &format!("\"{SECRET}\","));
    let many = || (1..=17).map(|id| key(id, NOW, if id < 17 { "9" } else { "null" })).collect::<Vec<_>>();
    for (text, expected) in [
        (String::new(), "no JSON from line 1, column 0 on; write {\"keys\":["),
        (SECRET.to_owned(), "no JSON from line 1, column 1 on"),
        (format!("\"{SECRET}\""), "something is missing or has another type"),
        (keys(&[short]), "something is missing or has another type; write {\"keys\":"),
        (keys(&[no_base64]), "something is missing or has another type"),
        (keys(&[swapped]), "something is missing or has another type"),
        (keys(&[one.replace("id", SECRET)]), "something is missing or has another type"),
        (keys(&[]), "0 keys; write 1 to 16"),
        (keys(&many()), "17 keys; write 1 to 16"),
        (keys(&[zeros]), "the secret of the key 1 is one byte repeated"),
        (keys(&[key(0, NOW, "null")]), "the id 0; write 1 to 4294967295"),
        (keys(&[key(2, NOW, "9"), key(2, NOW, "null")]), "the key 2 does not follow"),
        (keys(&[key(2, NOW, "9"), key(1, NOW, "null")]), "the key 1 does not follow"),
        (keys(&[key(1, NOW, "9"), key(2, NOW - 1, "null")]), "the key 2 does not follow"),
        (keys(&[key(1, NOW, "9")]), "the newest key 1 ends"),
        (" ".repeat(TEXT_BYTES_MAX + 1), "16385 bytes of text"),
    ] {
        let error = KeyRing::from_json(&text).unwrap_err();
        let message = format!("{error} {error:?}");
        assert!(message.contains(expected), "{text}: {message}");
        assert!(!message.contains(&SECRET[4..20]), "{message}");
    }
}
