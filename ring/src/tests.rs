//! Rings in a notation short enough for tables, and what is promised of them.

use std::fmt::Write;
use std::sync::Arc;

use crate::{Earlier, Former, Member, Placement, Ring, State};

mod admission;
mod balance;
mod check;
mod fuzz;
mod lease;
mod movement;
mod never_both;
mod next;
mod sources;
mod takeover;
mod text;
mod vectors;

/// `"a b -c d!"`: a and b are Active, c is Draining; in an earlier ring, d is known to be settled.
fn members(names: &str) -> Vec<Member> {
    let member = |Former { name, state, .. }| Member {
        name,
        pod_uid: String::new(),
        address: "10.0.0.1:42425".parse().unwrap(),
        clients: None,
        state,
    };
    stands(names).map(member).collect()
}

fn stands(names: &str) -> impl Iterator<Item = Former> {
    names.split_whitespace().map(|name| Former {
        name: name.trim_matches(['-', '!']).to_owned(),
        state: if name.starts_with('-') { State::Draining } else { State::Active },
        settled: name.ends_with('!'),
    })
}

/// A ring of `members` after the unsettled ones, newest first.
fn ring(epoch: u64, names: &str, unsettled: &[(u64, &str)]) -> Ring {
    let earlier = |(epoch, names): &(u64, &str)| Earlier { epoch: *epoch, members: stands(names).collect() };
    Ring {
        cluster: "shop".to_owned(),
        epoch,
        members: members(names),
        unsettled: unsettled.iter().map(earlier).collect(),
        lossy: false,
    }
}

fn placement(ring: &Ring, me: &str) -> Placement {
    ring.check().unwrap();
    Placement::new(Arc::new(ring.clone()), me)
}

/// `"n0 -n3 n5"`: the members that `choices` names, one byte for each of at most 8 nodes.
fn chosen(choices: &[u8]) -> String {
    let mut names = String::new();
    for (number, choice) in choices.iter().enumerate() {
        match choice % 4 {
            0 => {}
            1 => write!(names, "-n{number} ").unwrap(),
            _ => write!(names, "n{number} ").unwrap(),
        }
    }
    if names.is_empty() { "n0".to_owned() } else { names }
}
