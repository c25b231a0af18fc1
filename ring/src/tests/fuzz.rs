//! Arbitrary text: nothing panics, and what is accepted is a ring that nodes can follow.
//!
//! Runs in seconds with the other tests, and for hours under a coverage-guided engine
//! (`cargo bolero test tests::fuzz::rings`).

use crate::{Placement, Ring};

const ITERATIONS: usize = 5_000;

/// What rings are made of, and what spoils them.
const FRAGMENTS: &[&str] = &[
    r#"{"cluster":"c","#,
    r#""epoch":2,"#,
    r#""epoch":1,"#,
    r#""members":["#,
    r#"{"name":"a","address":"[::1]:1","state":"Active"}"#,
    r#"{"name":"b","address":"10.0.0.1:9","state":"Draining"}"#,
    r#"{"name":"a","state":"Draining"}"#,
    r#"],"unsettled":["#,
    r#"{"epoch":1,"members":["#,
    "]}",
    ",",
    "\"",
    "null",
    "18446744073709551616",
    "\\ud800",
];

fn check(text: &str) -> bool {
    let Ok(ring) = Ring::from_json(text) else { return false };
    assert_eq!(Ring::from_json(&ring.to_json()), Ok(ring.clone()));
    for name in ["a", "b"] {
        let placement = Placement::new(ring.clone().into(), name);
        assert!(placement.owner(7) < ring.members.len());
        assert!(placement.sources(7).ask.iter().all(|index| *index < ring.members.len()));
    }
    true
}

#[test]
fn rings() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        check(&String::from_utf8_lossy(input));
    });
}

#[test]
fn rings_of_fragments() {
    bolero::check!().with_type::<Vec<u8>>().with_iterations(ITERATIONS).for_each(|choices| {
        let fragments = choices.iter().map(|choice| FRAGMENTS[usize::from(*choice) % FRAGMENTS.len()]);
        check(&fragments.collect::<String>());
    });
}

#[test]
fn the_fragments_can_make_a_ring() {
    let choices = [0usize, 1, 3, 4, 10, 5, 7, 8, 6, 9, 9];
    assert!(check(&choices.map(|choice| FRAGMENTS[choice]).concat()));
}
