//! What sessions that move, and nodes that do not answer, mean to a person.

use std::time::Duration;

use cloakroom_ring::Ring;

use super::{
    Outcome,
    view::{View, list},
};
use crate::{
    build::{self, Facts, Verdict},
    count::grouped,
    heard::Silence,
    ports,
};

/// A container that is started again is silent for a second or three.
const TOLD_AFTER: Duration = Duration::from_secs(5);
/// A node that joins is not reached by all others at once.
const CUT_OFF_AFTER: Duration = Duration::from_secs(10);
/// A large session on a slow link moves within it.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// Who has what to hand over; `None` if every session is where it belongs, or nobody is there to have it.
pub(super) fn under_way(view: &View) -> Option<String> {
    let ring = view.ring.as_ref().filter(|_| view.facts.replicas > 0 && !view.nodes.is_empty())?;
    let unsettled = ring.members.iter().filter(|member| !view.facts.has_settled(&member.name, ring.epoch));
    let standing: Vec<String> = unsettled.map(|member| standing(&member.name, ring, &view.facts)).collect();
    (!standing.is_empty()).then(|| list(&standing))
}

fn standing(name: &str, ring: &Ring, facts: &Facts) -> String {
    if !facts.answers(name) {
        return format!("{name} does not answer");
    }
    match facts.last_said(name) {
        None => format!("{name} says nothing of the ring"),
        Some(said) if said.epoch < ring.epoch => {
            format!("{name} is at epoch {} and not yet at {}", said.epoch, ring.epoch)
        }
        Some(said) if said.moving > 0 => {
            format!("{name} has {} sessions to hand over", grouped(said.moving))
        }
        Some(_) => format!("{name} is about to finish"),
    }
}

/// Reason and message of each thing about the ring that a person should look at.
pub(super) fn problems(view: &View) -> Vec<(&'static str, String)> {
    let Some(ring) = &view.ring else { return Vec::new() };
    let missed = build::missed(ring, &view.facts);
    let silent = missed.iter().filter(|(_, silence, _)| silence.lasting >= TOLD_AFTER);
    let mut problems: Vec<_> = silent
        .map(|(name, silence, verdict)| ("NodeSilent", silence_of(view, name, *silence, *verdict)))
        .collect();
    problems.extend(excluded(view, ring).map(|message| ("NodeSilent", message)));
    problems.extend(cut_off(view, ring).map(|message| ("PeersCutOff", message)));
    problems.extend(scale_in(view, ring).map(|message| ("ScaleInBlocked", message)));
    // Of one who is silent it is known already why nothing moves.
    if missed.is_empty() {
        problems.extend(stuck(view).map(|message| ("HandOffStuck", message)));
    }
    problems
}

fn silence_of(view: &View, name: &str, silence: Silence, verdict: Verdict) -> String {
    let namespace = view.namespace();
    let grace = view.facts.grace().as_secs();
    let backed = view.facts.backing().is_some();
    let what = match verdict {
        _ if matches!(view.outcome, Outcome::Paused) => {
            "its sessions are held, and nothing is done about it while spec.paused is true".to_owned()
        }
        Verdict::Wait | Verdict::Exclude if backed => format!(
            "after {grace} s it is taken out of the ring, and its sessions go on at the others from the backing store: bring \
             back its pod (`kubectl describe pod -n {namespace} {name}`)"
        ),
        Verdict::Wait | Verdict::Exclude => format!(
            "its sessions are held; after {grace} s it is taken out of the ring and they are given up until it comes \
             back: bring back its pod (`kubectl describe pod -n {namespace} {name}`)"
        ),
        Verdict::TooFewAnswer => "its sessions are held, and too few of the others answer to take it out of the ring: it \
             may be the operator who is cut off; bring back the pods, or the network between them and the operator"
            .to_owned(),
        Verdict::HeardByOthers => format!(
            "other nodes hear it, so it stays in the ring: look what keeps the operator from port {} of the pod",
            ports::ADMIN_PORT
        ),
    };
    format!("{name} has not answered since {}: {what}", silence.since)
}

fn excluded(view: &View, ring: &Ring) -> impl Iterator<Item = String> {
    let away = view.facts.excluded().filter(|(name, _)| ring.member(name).is_none());
    let sessions = match view.facts.backing() {
        Some(_) => "its sessions go on at the others from the backing store; bring back its pod",
        None => "its sessions are given up until its pod is back",
    };
    away.map(move |(name, silence)| {
        format!(
            "{name} has not answered since {} and was taken out of the ring: {sessions} (`kubectl describe pod -n {} {name}`)",
            silence.since,
            view.namespace()
        )
    })
}

fn cut_off(view: &View, ring: &Ring) -> Option<String> {
    let pairs = view.facts.cut_off(ring, CUT_OFF_AFTER);
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, missed)| format!("{name} does not reach {missed}")).collect();
    (!pairs.is_empty()).then(|| {
        format!(
            "{}, though all of them answer the operator: sessions are held; look what keeps pods from port {} of the others",
            list(&pairs),
            ports::PEERS_PORT
        )
    })
}

/// Why the scale-in that the spec asks for does not begin.
pub(super) fn scale_in(view: &View, ring: &Ring) -> Option<String> {
    let facts = &view.facts;
    // Before that it waits for its turn.
    let blocked = build::blocked(ring, facts).filter(|_| facts.is_settled(ring))?;
    let remedy = match &blocked {
        build::Blocked::TooFull { .. } => format!(
            "raise spec.storage.size, or set spec.replicas back to {}",
            ring.members.len().max(view.nodes.len())
        ),
        build::Blocked::Unknown(names) => {
            let just_now =
                |name: &String| facts.silence(name).is_some_and(|silence| silence.lasting < TOLD_AFTER);
            if names.iter().all(just_now) {
                return None;
            }
            "it goes on when they say".to_owned()
        }
        build::Blocked::NobodyStays => "it goes on when one has".to_owned(),
    };
    Some(format!("scaling in to {} waits: {blocked}: {remedy}", facts.replicas))
}

fn stuck(view: &View) -> Option<String> {
    let standstill = view.observed.standstill.filter(|standstill| standstill.lasting >= STUCK_AFTER)?;
    let namespace = view.namespace();
    Some(format!(
        "nothing has moved since {}: {}: the logs of the pods say why (`kubectl logs -n {namespace} POD`); a pod that \
         is deleted starts anew on its volume, and no session is lost by it",
        standstill.since,
        under_way(view)?
    ))
}
