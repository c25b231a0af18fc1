//! Which ring follows the one that is published.
//!
//! There are two sorts of changes. What happened to nodes is published at once: another address, the exclusion of one that
//! was silent for too long, and the removal of one that has gone with nothing left. What is planned waits until every
//! session is where the published ring wants it: nodes that join, and nodes that begin to hand over what they have. So a
//! session has few places where it could be, and all that is planned at that time goes into one ring, so that it moves
//! once.

use cloakroom_ring::{EPOCH_MAX, Member, Ring, State, UNSETTLED_MAX};

use super::{
    capacity,
    facts::{Facts, member},
    silence::{self, Verdict},
    why::Why,
};
use crate::names;

/// The ring to publish, and what is different.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Next {
    pub(crate) ring: Ring,
    pub(crate) why: Vec<Why>,
}

/// What must follow `last`; `None` while it may stay.
pub(crate) fn next(last: &Ring, facts: &Facts) -> Option<Next> {
    let settled = facts.is_settled(last);
    let mut why = Vec::new();
    let emptied = emptied(last, facts, &mut why);
    let mut members = readdressed(&last.members, facts, &mut why);
    // A further unsettled ring would push the oldest out of the list, with whatever its owners still have.
    if settled || last.unsettled.len() < UNSETTLED_MAX {
        members = without_emptied(members, &emptied);
        members = without_excluded(last, members, facts, &mut why);
        members = without_spent(last, members, facts, &mut why);
    }
    if settled {
        members = planned(members, facts, &mut why);
    }
    // Beyond the last epoch there is none to go on to.
    let seen = Some(facts.epoch_seen()).filter(|seen| (last.epoch + 1..EPOCH_MAX).contains(seen));
    why.extend(seen.map(Why::EpochSeen));
    if why.is_empty() {
        return None;
    }
    members.sort_by_key(|member| (names::ordinal(&facts.cluster, &member.name), member.name.clone()));
    let mut ring = last.next(members, |name| facts.has_settled(name, last.epoch));
    if ring.as_earlier().members == last.as_earlier().members {
        // Other addresses alone move nothing, so nobody needs to ask the owners of the last ring.
        ring.unsettled = if settled { Vec::new() } else { last.unsettled.clone() };
    }
    ring.lossy |= why.iter().any(Why::is_bad);
    if let Some(seen) = seen {
        // Until then the nodes hold everything: what they would write, the engine would take for older than it is.
        ring.epoch = seen + 1;
    }
    Some(Next { ring, why })
}

/// The last ring of a cluster that is deleted: everybody leaves, and keeps what it has.
pub(crate) fn last_ring(ring: &Ring) -> Ring {
    let members = ring.members.iter().map(|member| Member { state: State::Draining, ..member.clone() });
    ring.next(members.collect(), |_| false)
}

/// A member is where the pod of its name is up: a new pod has the volume, and so the sessions, of the one before.
fn readdressed(members: &[Member], facts: &Facts, why: &mut Vec<Why>) -> Vec<Member> {
    let now = |last: &Member| {
        let pod = facts.pod(&last.name).filter(|pod| facts.is_up(&pod.name))?;
        member(pod, last.state).filter(|now| now != last)
    };
    let readdress = |last: &Member| {
        let Some(now) = now(last) else { return last.clone() };
        why.push(Why::Moved { name: now.name.clone(), address: now.address });
        now
    };
    members.iter().map(readdress).collect()
}

/// Members whose sessions are lost with their volumes.
fn emptied(last: &Ring, facts: &Facts, why: &mut Vec<Why>) -> Vec<String> {
    let spent =
        |member: &Member| member.state == State::Draining && facts.has_settled(&member.name, last.epoch);
    let emptied = last.members.iter().filter(|member| facts.is_emptied(member) && !spent(member));
    let emptied: Vec<String> = emptied.map(|member| member.name.clone()).collect();
    let backed = facts.backing().is_some();
    why.extend(emptied.iter().cloned().map(|name| Why::Emptied { name, backed }));
    emptied
}

/// They leave the ring and join anew, so that the others know that what they had is lost, and count it; unless there are no
/// others.
fn without_emptied(members: Vec<Member>, emptied: &[String]) -> Vec<Member> {
    let is_left = |member: &&Member| !emptied.contains(&member.name);
    if members.iter().filter(is_left).any(|member| member.state == State::Active) {
        members.into_iter().filter(|member| !emptied.contains(&member.name)).collect()
    } else {
        members
    }
}

fn without_excluded(last: &Ring, members: Vec<Member>, facts: &Facts, why: &mut Vec<Why>) -> Vec<Member> {
    let missed = silence::missed(last, facts).into_iter();
    let excluded: Vec<String> =
        missed.filter(|(_, _, verdict)| *verdict == Verdict::Exclude).map(|(name, ..)| name).collect();
    why.extend(excluded.iter().cloned().map(|name| match facts.backing() {
        Some(_) => Why::Replaced(name),
        None => Why::Excluded { sessions: facts.last_sessions(&name), name },
    }));
    members.into_iter().filter(|member| !excluded.contains(&member.name)).collect()
}

/// Without those who have handed everything over and whose pods are gone. If nobody is Active, they had nobody to hand over
/// to.
fn without_spent(last: &Ring, members: Vec<Member>, facts: &Facts, why: &mut Vec<Why>) -> Vec<Member> {
    if last.members.iter().all(|member| member.state == State::Draining) {
        return members;
    }
    let is_spent = |member: &Member| {
        // A pod of another uid is its successor, and has not answered yet.
        let is_gone = facts.pod(&member.name).is_none_or(|pod| pod.uid != member.pod_uid);
        member.state == State::Draining && is_gone && facts.has_settled(&member.name, last.epoch)
    };
    let (spent, staying): (Vec<Member>, Vec<Member>) = members.into_iter().partition(is_spent);
    why.extend(spent.into_iter().map(|member| Why::Left(member.name)));
    staying
}

fn planned(mut members: Vec<Member>, facts: &Facts, why: &mut Vec<Why>) -> Vec<Member> {
    if members.iter().all(|member| member.state == State::Draining) {
        // Nobody had anybody to hand over to, so each still has its share.
        return if facts.replicas == 0 { members } else { woken(members, facts, why) };
    }
    let admits = capacity::fits(&members, facts).is_ok();
    let drained: Vec<String> = members
        .iter()
        .filter(|member| member.state == State::Draining)
        .map(|member| member.name.clone())
        .collect();
    for member in &mut members {
        if let Some((state, because)) = changed(member, facts, admits) {
            member.state = state;
            why.push(because);
        }
    }
    let newcomer = |node| facts.newcomer(node);
    let newcomers: Vec<Member> = facts.nodes.iter().filter_map(newcomer).collect();
    for newcomer in newcomers {
        if members.iter().all(|member| member.name != newcomer.name) {
            why.push(Why::Joins(newcomer.name.clone()));
            members.push(newcomer);
        }
    }
    if members.iter().all(|member| member.state == State::Draining) {
        // With nobody Active, all would own a share again, and these have just handed theirs over.
        why.extend(drained.iter().cloned().map(Why::Left));
        members.retain(|member| !drained.contains(&member.name));
    }
    members
}

/// All together, in the order in which they fell asleep: the first to be Active alone would be sent everybody's
/// sessions. Those who are about to go are waited for, since their successors come back with their volumes.
fn woken(mut members: Vec<Member>, facts: &Facts, why: &mut Vec<Why>) -> Vec<Member> {
    if members.iter().any(|member| facts.is_leaving(&member.name)) {
        return members;
    }
    members.iter_mut().for_each(|member| member.state = State::Active);
    why.push(Why::Woken);
    members
}

/// The state that a member shall change to.
fn changed(member: &Member, facts: &Facts, admits: bool) -> Option<(State, Why)> {
    let name = || member.name.clone();
    let surplus = facts.is_surplus(&member.name);
    match member.state {
        State::Active if facts.is_leaving(&member.name) => Some((State::Draining, Why::PodLeaves(name()))),
        State::Active if surplus && admits => {
            Some((State::Draining, Why::ScaleIn { name: name(), replicas: facts.replicas }))
        }
        State::Draining if !surplus && !facts.is_leaving(&member.name) && facts.is_up(&member.name) => {
            Some((State::Active, Why::Returns(name())))
        }
        State::Active | State::Draining => None,
    }
}

#[cfg(test)]
mod tests;
