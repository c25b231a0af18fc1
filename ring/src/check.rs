//! What every ring must be like. Whoever holds a checked ring may rely on it.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::bad_ring::BadRing;
use crate::member::Member;
use crate::ring::Ring;
use crate::serving::Stands;

/// Most members of a ring: each computation of an owner looks at all of them, and each member
/// keeps a connection to each.
pub const MEMBERS_MAX: usize = 128;
/// Most earlier rings that are remembered: each is one more owner to ask before a session is absent.
pub const UNSETTLED_MAX: usize = 4;
/// Longest name, in bytes; the longest that Kubernetes gives a pod.
pub const NAME_BYTES_MAX: usize = 253;
/// Highest epoch: the bits above it, in the epoch under which a backing store keeps a session, name the session's home.
/// A ring each second would reach it in 34,000 years.
pub const EPOCH_MAX: u64 = (1 << 40) - 1;

impl Ring {
    /// Whether this is a ring that a cluster can follow.
    pub fn check(&self) -> Result<(), BadRing> {
        check_name("cluster", &self.cluster)?;
        check_epoch(self.epoch)?;
        check_members(self.epoch, &self.members)?;
        self.members.iter().try_for_each(check_member)?;
        if self.unsettled.len() > UNSETTLED_MAX {
            return Err(BadRing::TooManyUnsettled(self.unsettled.len()));
        }
        let mut later = self.epoch;
        for ring in &self.unsettled {
            check_epoch(ring.epoch)?;
            if ring.epoch >= later {
                return Err(BadRing::UnsettledOrder { earlier: ring.epoch, later });
            }
            check_members(ring.epoch, &ring.members)?;
            later = ring.epoch;
        }
        Ok(())
    }
}

fn check_epoch(epoch: u64) -> Result<(), BadRing> {
    if (1..=EPOCH_MAX).contains(&epoch) { Ok(()) } else { Err(BadRing::Epoch(epoch)) }
}

fn check_members(epoch: u64, members: &[impl Stands]) -> Result<(), BadRing> {
    if members.is_empty() {
        return Err(BadRing::NoMembers(epoch));
    }
    if members.len() > MEMBERS_MAX {
        return Err(BadRing::TooManyMembers { epoch, members: members.len() });
    }
    let mut names = BTreeSet::new();
    for member in members {
        check_name("member", member.name())?;
        if !names.insert(member.name()) {
            return Err(BadRing::DuplicateName { epoch, name: member.name().to_owned() });
        }
    }
    Ok(())
}

/// Two members may have one address: the pod of one is gone and its address was given to the other's.
fn check_member(member: &Member) -> Result<(), BadRing> {
    if !member.pod_uid.is_empty() {
        check_name("podUID", &member.pod_uid)?;
    }
    let nowhere = |address: &SocketAddr| address.ip().is_unspecified() || address.port() == 0;
    match [Some(member.address), member.clients].into_iter().flatten().find(nowhere) {
        Some(address) => Err(BadRing::Address { name: member.name.clone(), address }),
        None => Ok(()),
    }
}

fn check_name(what: &'static str, text: &str) -> Result<(), BadRing> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) {
        Ok(())
    } else {
        Err(BadRing::Name { what, text: text.chars().take(NAME_BYTES_MAX).collect() })
    }
}
