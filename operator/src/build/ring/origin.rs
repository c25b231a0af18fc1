//! Where the count of epochs goes on, whatever happened to the ring object.
//!
//! An epoch must not mean two things, so it never goes back while anybody remembers it: the object, the status, and the
//! nodes with their volumes, which may be those of a former cluster of the name. If the object is behind the others or
//! lost, rings may have been published that nobody told of, and many numbers are skipped.

use std::time::Duration;

use cloakroom_crds::{RingMember, RingMemberState, RingStatus, SessionCluster};
use cloakroom_ring::{EPOCH_MAX, Earlier, Former, Member, Ring, State, UNSETTLED_MAX};
use kube::ResourceExt;

use super::{
    facts::{Facts, member},
    next::{Next, next},
    why::Why,
};
use crate::nodes::Node;

/// Added to the highest epoch that is known when the object is lost.
const AFTER_LOSS: u64 = 1_000;

/// How long the nodes of a cluster with volumes from before are waited for until all of them are up.
const ALL_UP: Duration = Duration::from_secs(60);

/// What the object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Published {
    /// There is no object, or it has no ring yet.
    Nothing,
    /// What is no ring.
    Damaged,
    Ring(Ring),
}

/// The ring to publish over what is `published`; `None` if that may stay, or as long as nobody can be a member.
pub(super) fn following(cluster: &SessionCluster, published: &Published, facts: &Facts) -> Option<Next> {
    let uid = cluster.uid().unwrap_or_default();
    let (told, acted) = (told(cluster), acted(facts));
    let known = told.max(acted);
    match published {
        Published::Nothing if told == 0 && acted == 0 => first(uid, 1, facts),
        // Each volume has its share of the sessions, and who is alone would say that there are no others.
        Published::Nothing if told == 0 => {
            first(uid, beyond(acted), facts).filter(|_| facts.is_complete(ALL_UP))
        }
        Published::Ring(last) if last.epoch >= known && last.cluster == uid => next(last, facts),
        _ => rebuilt(cluster, uid, beyond(known), facts),
    }
}

/// The last epoch that the status told of, 0 if none.
fn told(cluster: &SessionCluster) -> u64 {
    let told = cluster.status.as_ref().and_then(|status| status.epoch);
    told.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or(0)
}

/// The highest epoch that a node remembers, 0 if none does.
fn acted(facts: &Facts) -> u64 {
    facts.nodes.iter().filter_map(|node| Some(facts.last_said(&node.name)?.epoch)).max().unwrap_or(0)
}

fn beyond(epoch: u64) -> u64 {
    epoch.saturating_add(AFTER_LOSS).min(EPOCH_MAX)
}

fn first(cluster: String, epoch: u64, facts: &Facts) -> Option<Next> {
    let members: Vec<Member> = facts.nodes.iter().filter_map(|node| facts.newcomer(node)).collect();
    let why = members.iter().map(|member| Why::Joins(member.name.clone())).collect();
    // Volumes of a former cluster may be fewer than they were.
    let lossy = epoch > 1;
    let ring = Ring { cluster, epoch, members, unsettled: Vec::new(), lossy };
    (!ring.members.is_empty()).then_some(Next { ring, why })
}

/// The ring that a node remembers, gone on from: it tells who owned what before, also of members that nobody reaches.
/// Where no node does, the members that were last told of, as far as they have an address, whether they answer or not:
/// each may hold sessions. Those who cannot be reached stand among the earlier owners, so that nobody takes their
/// sessions for such as never were.
fn rebuilt(cluster: &SessionCluster, uid: String, epoch: u64, facts: &Facts) -> Option<Next> {
    let told = cluster.status.as_ref().and_then(|status| status.ring.as_ref());
    let remembered = facts.remembered.filter(|ring| ring.cluster == uid);
    let state_of = |name: &str| match remembered {
        Some(ring) => ring.member(name).map(|member| member.state),
        None => Some(state(told?.members.iter().find(|member| member.name == name)?.state)),
    };
    let again = |node: &Node| match state_of(&node.name) {
        Some(state) => member(node, state),
        None => facts.newcomer(node),
    };
    let mut members: Vec<Member> = facts.nodes.iter().filter_map(again).collect();
    let away = |member: &&Member| members.iter().all(|here| here.name != member.name);
    let away: Vec<Member> = remembered.iter().flat_map(|ring| &ring.members).filter(away).cloned().collect();
    members.extend(away);
    let mut unsettled: Vec<Earlier> = told.and_then(earlier).into_iter().collect();
    if let Some(ring) = remembered {
        unsettled.retain(|told| told.epoch > ring.epoch);
        unsettled.push(ring.as_earlier());
        unsettled.extend(ring.unsettled.iter().cloned());
        unsettled.truncate(UNSETTLED_MAX);
    }
    // Who was given up in the meantime is not known.
    let ring = Ring { cluster: uid, epoch, members, unsettled, lossy: true };
    ring.check().is_ok().then_some(Next { ring, why: vec![Why::Rebuilt] })
}

fn earlier(told: &RingStatus) -> Option<Earlier> {
    let former = |member: &RingMember| Former {
        name: member.name.clone(),
        state: state(member.state),
        settled: false,
    };
    Some(Earlier {
        epoch: u64::try_from(told.epoch).ok()?,
        members: told.members.iter().map(former).collect(),
    })
}

fn state(told: RingMemberState) -> State {
    match told {
        RingMemberState::Active => State::Active,
        RingMemberState::Draining => State::Draining,
    }
}

#[cfg(test)]
mod tests;
