//! `status.ring`: the ring that is published, and how far each member has come.

use cloakroom_crds::{RingMember, RingMemberState, RingStatus};
use cloakroom_ring::{Member, Ring, State};

use crate::build::Facts;

pub(super) fn ring(ring: &Ring, facts: &Facts) -> RingStatus {
    let member = |member: &Member| {
        let said = facts.last_said(&member.name);
        RingMember {
            name: member.name.clone(),
            state: match member.state {
                State::Active => RingMemberState::Active,
                State::Draining => RingMemberState::Draining,
            },
            epoch: said.map(|said| number(said.epoch)),
            settled: facts.has_settled(&member.name, ring.epoch),
            moving: said.map(|said| number(said.moving)),
        }
    };
    RingStatus {
        epoch: number(ring.epoch),
        settled: facts.is_settled(ring),
        members: ring.members.iter().map(member).collect(),
    }
}

pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
