//! Whether those who stay have room for the sessions of those who go.

use std::fmt;

use cloakroom_ring::{Member, Ring, State};

use super::facts::Facts;

/// Why a scale-in does not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// Bytes that the leaving nodes hold, and that fit on the others.
    TooFull { leaving: Vec<String>, used: u64, room: u64 },
    /// These have not said how full they are.
    Unknown(Vec<String>),
    /// Nobody is a member who would be left.
    NobodyStays,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFull { leaving, used, room } => write!(
                f,
                "{} hold {} MiB of sessions, and the nodes that stay have room for {} MiB (four fifths of what is free)",
                leaving.join(", "),
                used.div_ceil(1 << 20),
                room >> 20
            ),
            Self::Unknown(nodes) => {
                write!(f, "it is not known how full the volumes are of {}", nodes.join(", "))
            }
            Self::NobodyStays => f.write_str("none of the nodes that stay has joined yet"),
        }
    }
}

/// Judges the scale-in that the spec asks for; what is already Draining is judged no more. Nothing is handed over when
/// all nodes go, so nothing needs to fit.
///
/// # Errors
/// [`Blocked`]; then nobody is drained for it.
pub(crate) fn fits(members: &[Member], facts: &Facts) -> Result<(), Blocked> {
    let active = members.iter().filter(|member| member.state == State::Active);
    let (leaving, staying): (Vec<&Member>, Vec<&Member>) =
        active.partition(|member| facts.is_surplus(&member.name));
    if leaving.is_empty() || facts.replicas == 0 {
        return Ok(());
    }
    if staying.is_empty() {
        return Err(Blocked::NobodyStays);
    }
    let volume = |member: &&Member| facts.report(&member.name)?.volume;
    let unknown = leaving.iter().chain(&staying).filter(|member| volume(member).is_none());
    let unknown: Vec<String> = unknown.map(|member| member.name.clone()).collect();
    if !unknown.is_empty() {
        return Err(Blocked::Unknown(unknown));
    }
    let used = leaving.iter().filter_map(volume).map(|volume| volume.used_bytes);
    let free = staying.iter().filter_map(volume).map(|volume| volume.free_bytes);
    let used = used.fold(0, u64::saturating_add);
    // Not all of it: sessions go on coming while others move.
    let room = free.fold(0, u64::saturating_add) / 5 * 4;
    if used <= room {
        return Ok(());
    }
    let leaving = leaving.iter().map(|member| member.name.clone()).collect();
    Err(Blocked::TooFull { leaving, used, room })
}

/// Why the scale-in that the spec asks for waits, if it does.
pub(crate) fn blocked(ring: &Ring, facts: &Facts) -> Option<Blocked> {
    fits(&ring.members, facts).err()
}
