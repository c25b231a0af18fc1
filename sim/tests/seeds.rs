//! What a few seeds must come to: the same trace twice, and enough of everything.

use cloakroom_sim::many::{self, Wanted};
use cloakroom_sim::world;

#[test]
fn a_seed_repeats_itself() {
    for seed in 1..=4 {
        let (first, second) = (world::run(seed), world::run(seed));
        assert_eq!(first.fingerprint, second.fingerprint, "seed {seed}");
        assert_eq!(first.lines.len(), second.lines.len());
    }
    assert_ne!(world::run(1).fingerprint, world::run(2).fingerprint);
}

/// A run in which nothing happened proves nothing.
#[test]
fn a_few_seeds_have_enough_of_everything() {
    let wanted = Wanted { first: 1_000, seeds: 40, mode: None, within_seconds: None, guard_off: None };
    let total = many::run(&wanted, |report| {
        assert_eq!(report.wrong, Vec::<String>::new(), "replay: {}", many::replay(report.seed, None));
        assert!(report.operations >= 50, "{report}");
    });
    assert!(total.operations >= 8_000, "{total}");
    assert!(total.unanswered * 10 < total.operations, "{total}");
    assert!(total.rings >= 120 && total.moved >= 200, "{total}");
    assert!(total.modes.len() == 5 && total.modes.values().all(|seeds| *seeds >= 5), "every mode: {total}");
    assert_eq!(total.troubles.len(), 24, "every kind of trouble: {total}");
}
