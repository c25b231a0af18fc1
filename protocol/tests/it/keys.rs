//! From targets to keys.

use cloakroom_protocol::aspnet::{key_into, target};
use proptest::prelude::*;

fn check(target: &[u8], expected: &[u8]) {
    let mut key = b"before ".to_vec();
    key_into(target, &mut key);
    let expected = [b"before ".as_slice(), expected].concat();
    assert_eq!(
        key.escape_ascii().to_string(),
        expected.escape_ascii().to_string(),
        "{}",
        target.escape_ascii()
    );
}

#[test]
fn follow_the_reference() {
    check(b"", b"");
    check(b"%2fLM%2Fa", b"/LM/a");
    check(b"a+b%20c", b"a b c");
    check(b"//a", b"/a");
    check(b"///a", b"//a");
    check(b"/%2fa", b"//a");
    check(b"%2f%2fa", b"//a");
    check(b"%00", b"\0");
    check(b"?a=b&c", b"?a=b&c");
}

#[test]
fn keep_a_malformed_percent_sign() {
    check(b"%", b"%");
    check(b"100%", b"100%");
    check(b"%2", b"%2");
    check(b"%2x", b"%2x");
    check(b"%+2", b"% 2");
    check(b"%%41", b"%A");
    check(b"%u", b"%u");
    check(b"%u004", b"%u004");
    check(b"%u00g1", b"%u00g1");
    check(b"%U0041", b"%U0041");
}

#[test]
fn read_utf_16_units() {
    check(b"%u0041", b"A");
    check(b"%u00e9", "\u{e9}".as_bytes());
    check(b"%u20AC", "\u{20ac}".as_bytes());
    check(b"%uD83D%uDE00", "\u{1f600}".as_bytes());
    check(b"%uD83D%uDE00%uDE00", b"\xf0\x9f\x98\x80\xed\xb8\x80");
    check(b"%uD83Dx", b"\xed\xa0\xbdx");
    check(b"%uD83D%u0041", b"\xed\xa0\xbdA");
    check(b"%uDFFF", b"\xed\xbf\xbf");
}

#[test]
fn differ_where_bytes_that_are_no_utf_8_differ() {
    check(b"%ff", b"\xff");
    check(b"%fe", b"\xfe");
    check(b"\xe9", b"\xe9");
}

proptest! {
    #[test]
    fn come_back_from_every_target_that_a_client_builds(app in "/?\\PC{0,30}", id in "\\PC{1,80}") {
        let mut key = Vec::new();
        key_into(target(&app, &id).unwrap().as_bytes(), &mut key);
        let key = String::from_utf8(key).unwrap();
        let slash = if app.starts_with('/') { "" } else { "/" };
        let start = format!("{slash}{app}(");
        let end = format!("=)/{id}");
        prop_assert!(key.starts_with(&start) && key.ends_with(&end), "{key}");
    }
}
