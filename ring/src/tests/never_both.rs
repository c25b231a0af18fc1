//! A lost member and its successor never serve at once, whatever is delayed or lost and though
//! their clocks run at different rates.

use std::time::Duration;

use proptest::prelude::*;

use super::{members, placement, ring};
use crate::{Lease, Ring, TakeOver};

const LEASE: Duration = Duration::from_secs(1);
/// Who votes beside x. The last one joins with epoch 2, and only the first ones may be there at all.
const VOTERS: [&str; 4] = ["a", "b", "c", "new"];
/// In real time; x sends a beacon in each, so that it has every permission that it could have.
const TICK_MICROS: u64 = 50_000;
const TICKS: u64 = 200;

/// A voter's way through the epochs 1 (all), 2 (with the newcomer) and 3 (without x), in ticks.
#[derive(Clone, Debug)]
struct Voter {
    at_two: u64,
    at_three: u64,
    /// How long after each of the two the successor hears of it from this voter, if ever.
    heard_after: [Option<u64>; 2],
    /// How long a beacon of x and its answer are on the way, if they come through.
    beacon: Option<(u64, u64)>,
}

fn voter() -> impl Strategy<Value = Voter> {
    let delay = || prop_oneof![4 => 0..2u64, 1 => 0..30u64];
    let heard = || prop::option::weighted(0.9, delay());
    let beacon = prop::option::weighted(0.8, (delay(), delay()));
    (0..60u64, 0..60u64, [heard(), heard()], beacon).prop_map(|(at_two, more, heard_after, beacon)| Voter {
        at_two,
        at_three: at_two + more,
        heard_after,
        beacon,
    })
}

impl Voter {
    fn epoch(&self, tick: u64) -> u64 {
        1 + u64::from(tick >= self.at_two) + u64::from(tick >= self.at_three)
    }
}

/// What a clock of this rate (in percent) shows at a real moment.
fn shown(micros: u64, rate: u64) -> Duration {
    Duration::from_micros(micros * rate / 100)
}

/// When a clock of this rate shows this.
fn real(shown: Duration, rate: u64) -> u64 {
    u64::try_from(shown.as_micros()).unwrap() * 100 / rate
}

/// The last real moment, in microseconds, at which x serves; 0 if it never does. It adopts epoch 2 at
/// the tick `at_two`.
fn last_served(rings: &[Ring; 3], voters: &[(&str, Voter)], at_two: u64, rate: u64) -> u64 {
    let mut lease = Lease::new(&placement(&rings[0], "x"), LEASE);
    let mut last = 0;
    for tick in 0..TICKS {
        if tick == at_two {
            lease = lease.next(&placement(&rings[1], "x"));
        }
        let epoch = 1 + u64::from(tick >= at_two);
        for (name, voter) in voters {
            let Some((there, back)) = voter.beacon else { continue };
            let Some(sent) = tick.checked_sub(there + back) else { continue };
            if voter.epoch(sent + there) <= epoch {
                lease.acked(name, shown(sent * TICK_MICROS, rate));
            }
        }
        if let Some(until) = lease.serve_until().map(|until| real(until, rate))
            && until > tick * TICK_MICROS
        {
            last = last.max(until);
        }
    }
    last
}

/// The first real moment, in microseconds, at which `a` may serve what x owned.
fn first_served(rings: &[Ring; 3], voters: &[(&str, Voter)], rate: u64) -> Option<u64> {
    let shown = |tick: u64| shown(tick * TICK_MICROS, rate);
    let mut take_over = TakeOver::new(&rings[2], "a", LEASE, shown(voters[0].1.at_three));
    let mut news = Vec::new();
    for (name, voter) in &voters[1..] {
        let moments = [(2, voter.at_two), (3, voter.at_three)].into_iter().zip(voter.heard_after);
        news.extend(moments.filter_map(|((epoch, at), after)| Some((at + after?, epoch, *name))));
    }
    news.sort_unstable();
    for (heard, epoch, name) in news {
        take_over.heard(name, epoch, shown(heard));
    }
    (0..TICKS).find(|tick| take_over.may_start(shown(*tick))).map(|tick| tick * TICK_MICROS)
}

fn rate() -> impl Strategy<Value = u64> {
    prop_oneof![Just(90), Just(110), 90..=110u64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_lost_member_and_its_successor(
        old in 1..=3usize,
        voters in prop::collection::vec(voter(), 4),
        at_two in 0..TICKS,
        rates in [rate(), rate()],
    ) {
        let names = VOTERS[..old].join(" ");
        let first = ring(1, &format!("{names} x"), &[]);
        let second = first.next(members(&format!("{names} x new")), |_| false);
        let third = second.next(members(&format!("{names} new")), |_| false);
        let voters: Vec<(&str, Voter)> = VOTERS.into_iter().zip(voters).collect();
        let voters = [&voters[..old], &voters[3..]].concat();

        let rings = [first, second, third];
        if let Some(start) = first_served(&rings, &voters, rates[0]) {
            let end = last_served(&rings, &voters, at_two, rates[1]);
            prop_assert!(end <= start, "x serves until {end}, its successor from {start}");
        }
    }
}
