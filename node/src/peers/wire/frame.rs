//! Frames: a length, a head, raw bytes.

use super::Fault;
use super::head::Head;
use crate::peers::limits::{HEAD_BYTES, PART_BYTES};

/// Bytes of the length that begins a frame; it counts what follows it.
pub(super) const LENGTH_BYTES: usize = 4;
/// The longest frame, its length included.
pub(crate) const FRAME_BYTES: usize = LENGTH_BYTES + HEAD_BYTES + PART_BYTES;

/// Appends a frame of `head` and what `raw` appends.
pub(super) fn put(out: &mut Vec<u8>, head: Head, raw: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    let mut buffer = [0; LENGTH_BYTES + HEAD_BYTES];
    let head_bytes =
        postcard::to_slice(&head, &mut buffer[LENGTH_BYTES..]).expect("HEAD_BYTES is enough for any").len();
    out.extend_from_slice(&buffer[..LENGTH_BYTES + head_bytes]);
    raw(out);
    let length = u32::try_from(out.len() - begin - LENGTH_BYTES).expect("a frame is at most FRAME_BYTES");
    out[begin..begin + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// The first frame of `input` without its length, and how many bytes of `input` it takes; `None` while it is incomplete.
pub(crate) fn next_frame(input: &[u8]) -> Result<Option<(&[u8], usize)>, Fault> {
    let Some((length, rest)) = input.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes(*length);
    let bytes = length as usize;
    if bytes == 0 || bytes > FRAME_BYTES - LENGTH_BYTES {
        return Err(Fault::Length(length));
    }
    Ok(rest.get(..bytes).map(|frame| (frame, LENGTH_BYTES + bytes)))
}
