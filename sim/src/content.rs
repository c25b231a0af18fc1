//! Contents of sessions: each is a number, and its bytes prove that nothing of another is mixed in.

use cloakroom_node::store::Stored;

/// The content with that number, of a size of its own.
pub(crate) fn write(key: &str, value: u64) -> Stored {
    Stored::new(key.as_bytes(), &bytes(value))
}

/// The number of a content.
///
/// # Panics
/// If the bytes are not those that were written, which no answer may show.
pub(crate) fn read(stored: &Stored) -> u64 {
    let head = stored.body().first_chunk().expect("a content begins with its number");
    let value = u64::from_le_bytes(*head);
    assert_eq!(stored.body(), bytes(value), "content {value} of another session, or not whole");
    value
}

fn bytes(value: u64) -> Vec<u8> {
    let more = usize::try_from(value.wrapping_mul(0x9e37_79b9) % 700).expect("small");
    let mut bytes = value.to_le_bytes().to_vec();
    bytes.extend((0..more).map(|at| u8::try_from((at as u64 ^ value) & 0xff).expect("masked")));
    bytes
}
