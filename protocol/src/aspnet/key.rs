//! From the request target to the key that sessions are stored under.

use memchr::memchr2;

/// Appends the key that `target` names to `key`.
///
/// One of two leading slashes is dropped, as .NET 1.1 doubles them. Then the target is URL-decoded
/// as the reference does: `+` is a blank, `%XX` a byte, `%uXXXX` a UTF-16 unit, and a `%` that begins
/// neither stays. Keys are compared byte for byte, so letter case matters.
///
/// The reference compares UTF-16 text, the key here is that text in UTF-8. Where the bytes are no
/// UTF-8 the reference puts U+FFFD and so lets different targets meet in one session; here such
/// bytes stay as they are. A lone surrogate is written in the three bytes that UTF-8 would use.
pub fn key_into(target: &[u8], key: &mut Vec<u8>) {
    let mut rest = if target.starts_with(b"//") { &target[1..] } else { target };
    key.reserve(rest.len());
    while let Some(at) = memchr2(b'%', b'+', rest) {
        key.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[decode_one(rest, key)..];
    }
    key.extend_from_slice(rest);
}

/// Decodes what begins with a `+` or `%` and says how many bytes it took.
fn decode_one(rest: &[u8], key: &mut Vec<u8>) -> usize {
    if rest[0] == b'+' {
        key.push(b' ');
        return 1;
    }
    if let Some(byte) = byte(rest) {
        key.push(byte);
        return 3;
    }
    let Some(unit) = unit(rest) else {
        key.push(b'%');
        return 1;
    };
    let low = unit_after_high(unit, rest);
    let units = [unit, low.unwrap_or_default()];
    match char::decode_utf16(units).next() {
        Some(Ok(letter)) => key.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => key.extend_from_slice(&lone_surrogate(unit)),
    }
    if low.is_some() { 12 } else { 6 }
}

/// The low surrogate right behind a high one: the two are one letter.
fn unit_after_high(high: u16, rest: &[u8]) -> Option<u16> {
    let low = unit(rest.get(6..)?)?;
    ((0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low)).then_some(low)
}

/// The number in `%XX`.
fn byte(rest: &[u8]) -> Option<u8> {
    u8::try_from(hex(rest.get(1..3)?)?).ok()
}

/// The number in `%uXXXX`.
fn unit(rest: &[u8]) -> Option<u16> {
    rest.strip_prefix(b"%u")?.get(..4).and_then(hex)
}

fn hex(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |number, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(number << 4 | u16::try_from(value).ok()?)
    })
}

/// A surrogate in the three bytes that UTF-8 would use, did it not forbid them.
fn lone_surrogate(unit: u16) -> [u8; 3] {
    let [high, low] = unit.to_be_bytes();
    [0xE0 | high >> 4, 0x80 | (high & 0x0F) << 2 | low >> 6, 0x80 | low & 0x3F]
}
