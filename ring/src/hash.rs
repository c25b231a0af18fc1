//! The hashes that placement goes by. Their layout is frozen: every node, operator and client of
//! every release must compute the same owner.

use xxhash_rust::xxh3::xxh3_64;

/// The hash of a session's key by which it is placed: XXH3-64 with seed 0 over the bytes of the
/// key as it was decoded from the request.
pub fn key_hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

/// The hash of a member's name: XXH3-64 with seed 0 over its bytes.
pub(crate) fn node_hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

/// How much a node wants a key: XXH3-64 with seed 0 over 16 bytes, the node's hash and then the
/// key's, each with its lowest byte first. The highest score owns.
pub(crate) fn score(node_hash: u64, key_hash: u64) -> u64 {
    let mut pair = [0; 16];
    pair[..8].copy_from_slice(&node_hash.to_le_bytes());
    pair[8..].copy_from_slice(&key_hash.to_le_bytes());
    xxh3_64(&pair)
}
