//! Which sessions change their owner between two rings.

use crate::rendezvous::Rendezvous;
use crate::ring::Ring;

/// The names of the old and the new owner, if they differ.
pub fn moves<'a>(from: &'a Ring, to: &'a Ring, key_hash: u64) -> Option<(&'a str, &'a str)> {
    let owner = |ring: &'a Ring| {
        let index = Rendezvous::new(&ring.members).owner(key_hash);
        ring.members[index].name.as_str()
    };
    let (old, new) = (owner(from), owner(to));
    (old != new).then_some((old, new))
}
