//! Session bodies that prove themselves: which session, which version, every byte intact.
//!
//! A server that is fast because it lost, mixed up or truncated something must not get a number, so
//! every body read back is checked. Layout, integers little-endian:
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | session number |
//! | 8..12 | version, 1 for the body a session is created with |
//! | 12..16 | CRC32C over bytes 0..12 and the filler |
//! | 16.. | filler, half of it compressible |

use std::sync::LazyLock;

use anyhow::{Result, bail, ensure};

use crate::key::mix;

/// Bytes before the filler, and so the shortest body.
pub const HEADER: usize = 16;
/// The longest body, the cut of the size distribution.
pub const LENGTH_MAX: usize = 256 * 1024;

/// Filler is copied from here at an offset that depends on session and version: making it must not
/// cost the generator more than a copy.
static POOL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let noise = (0_u64..).flat_map(|word| mix(word).to_le_bytes());
    let words = b"cart=42;culture=en-GB;".iter().copied().cycle();
    noise
        .zip(words)
        .enumerate()
        .map(|(at, (noise, word))| if at % 128 < 64 { noise } else { word })
        .take(2 * LENGTH_MAX)
        .collect()
});

/// Appends the body of `session` at `version`, `length` bytes long ([`HEADER`] to [`LENGTH_MAX`]).
pub fn write(session: u64, version: u32, length: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&version.to_le_bytes());
    let seed = mix(session ^ (u64::from(version) << 40)).to_le_bytes();
    let offset = usize::from(u16::from_le_bytes([seed[0], seed[1]]));
    let filler = &POOL[offset..offset + length - HEADER];
    let sum = crc32c::crc32c_append(crc32c::crc32c(&out[start..]), filler);
    out.extend_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(filler);
}

/// The version of `body`, once it is sure to be an intact body of `session`.
///
/// # Errors
/// A text that says what is wrong: truncated, of another session, or damaged.
pub fn verify(session: u64, body: &[u8]) -> Result<u32> {
    let Some((header, filler)) = body.split_first_chunk::<HEADER>() else {
        bail!("body of session {session} has only {} bytes", body.len());
    };
    let [owner, rest] = [&header[..8], &header[8..]];
    ensure!(owner == session.to_le_bytes(), "session {session} was answered with a body of another session");
    let (version, sum) = rest.split_at(4);
    let found = crc32c::crc32c_append(crc32c::crc32c(&header[..12]), filler);
    ensure!(sum == found.to_le_bytes(), "body of session {session} is damaged ({} bytes)", body.len());
    Ok(version.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(session: u64, version: u32, length: usize) -> Vec<u8> {
        let mut out = b"head".to_vec();
        write(session, version, length, &mut out);
        out.split_off(4)
    }

    #[test]
    fn intact_bodies_tell_their_version() {
        for length in [HEADER, HEADER + 1, 4096, LENGTH_MAX] {
            let body = body(3, 70_000, length);
            assert_eq!((body.len(), verify(3, &body).unwrap()), (length, 70_000));
        }
    }

    #[test]
    fn other_sessions_truncation_and_any_flipped_byte_are_seen() {
        let body = body(3, 9, 100);
        assert!(verify(4, &body).is_err());
        assert!(verify(3, &body[..99]).is_err());
        assert!(verify(3, &[]).is_err());
        for at in 0..body.len() {
            let mut damaged = body.clone();
            damaged[at] ^= 1;
            assert!(verify(3, &damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn versions_differ_in_filler() {
        assert_ne!(body(3, 1, 200)[HEADER..], body(3, 2, 200)[HEADER..]);
    }
}
