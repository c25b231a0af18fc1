//! Whom to ask next: values in, a choice out.
//!
//! Clusters: the session's home first, else the local one; then the others as they were configured. Servers of a cluster:
//! the session's owner first, which saves a hop; then those who would own it without the one before; then the rest, since
//! any node serves any session.

use cloakroom_location::{DataCentre, Home};
use cloakroom_ring::Placement;

/// Positions of all clusters, in the order in which a session of that home asks them.
pub(crate) fn clusters(home: Option<usize>, count: usize) -> impl Iterator<Item = usize> {
    let first = home.filter(|home| *home < count).unwrap_or(0);
    std::iter::once(first).filter(move |_| count > 0).chain((0..count).filter(move |other| *other != first))
}

/// The server to ask if nothing speaks against it; `None` if there is none.
///
/// Without a ring any will do: sessions are spread over them, and each keeps to its own.
pub(crate) fn first_server(placement: Option<&Placement>, count: usize, key_hash: u64) -> Option<usize> {
    let owner = placement.map(|placement| placement.owner(key_hash));
    owner.filter(|owner| *owner < count).or_else(|| spread(count, key_hash))
}

/// Positions of all servers, in the session's order.
pub(crate) fn servers(placement: Option<&Placement>, count: usize, key_hash: u64) -> Vec<usize> {
    let mut order = placement.map_or_else(Vec::new, |placement| placement.order(key_hash));
    order.retain(|server| *server < count);
    let start = spread(count, key_hash).unwrap_or(0);
    let rest: Vec<usize> =
        (0..count).map(|step| (start + step) % count).filter(|server| !order.contains(server)).collect();
    order.extend(rest);
    order
}

fn spread(count: usize, key_hash: u64) -> Option<usize> {
    let count_wide = u64::try_from(count).ok().filter(|count| *count > 0)?;
    usize::try_from(key_hash % count_wide).ok()
}

/// The next of `clusters`, which are in the session's order as are the servers in each: the place of its cluster and its
/// own in that.
///
/// In three goes: whoever may be asked in a cluster that is not lost; whoever may be asked in a lost one; and if nobody
/// may, the first that this request has not left. To be passed over puts a server last but refuses nobody: if all have
/// failed, asking is the only way to find out that they are back.
pub(crate) fn next<S>(
    clusters: &[Vec<S>],
    is_left: impl Fn(&S) -> bool,
    mut is_lost: impl FnMut(usize) -> bool,
    mut may_ask: impl FnMut(&S) -> bool,
) -> Option<(usize, usize)> {
    let mut find = |at: usize| clusters[at].iter().position(|server| !is_left(server) && may_ask(server));
    let mut lost = Vec::new();
    for at in 0..clusters.len() {
        if is_lost(at) {
            lost.push(at);
        } else if let Some(place) = find(at) {
            return Some((at, place));
        }
    }
    let whoever = |at: usize| clusters[at].iter().position(|server| !is_left(server));
    let among = |at, place: Option<usize>| place.map(|place| (at, place));
    let of_lost = lost.into_iter().find_map(|at| among(at, find(at)));
    of_lost.or_else(|| (0..clusters.len()).find_map(|at| among(at, whoever(at))))
}

/// Where a session lives after the cluster `at` has answered for it. `home_is_lost`: that is why its home was not asked,
/// or nobody knows such a home.
///
/// Only a hint for the next request: what has really become of it, the nodes decide among themselves.
pub(crate) fn home_after(home: Option<Home>, at: Option<DataCentre>, home_is_lost: bool) -> Option<Home> {
    match (home, at) {
        (None, Some(at)) => Some(Home::first(at)),
        (Some(home), Some(at)) if home.data_centre != at && home_is_lost => home.moved_to(at).or(Some(home)),
        _ => home,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_location::{DataCentre, Home};
    use cloakroom_ring::{Placement, Ring};
    use proptest::prelude::*;

    use super::{clusters, first_server, home_after, next, servers};

    fn ring(states: &[&str]) -> Placement {
        let member = |(index, state): (usize, &&str)| {
            format!(r#"{{"name": "n{index}", "address": "127.0.0.1:{}", "state": "{state}"}}"#, 1000 + index)
        };
        let members: Vec<String> = states.iter().enumerate().map(member).collect();
        let text = format!(r#"{{"cluster": "test", "epoch": 1, "members": [{}]}}"#, members.join(","));
        Placement::new(Arc::new(Ring::from_json(&text).unwrap()), "")
    }

    #[test]
    fn home_comes_first_and_then_the_order_of_the_configuration() {
        for (home, count, order) in [
            (None, 3, &[0, 1, 2][..]),
            (Some(0), 3, &[0, 1, 2]),
            (Some(2), 3, &[2, 0, 1]),
            (Some(7), 2, &[0, 1]),
            (None, 1, &[0]),
            (None, 0, &[]),
        ] {
            assert_eq!(clusters(home, count).collect::<Vec<_>>(), order, "{home:?} of {count}");
        }
    }

    proptest! {
        #[test]
        fn every_server_is_asked_once_in_the_order_that_the_first_begins(key_hash: u64, count in 0..6_usize, ringed: bool) {
            let placement = (ringed && count > 0).then(|| ring(&vec!["Active"; count]));
            let order = servers(placement.as_ref(), count, key_hash);
            prop_assert_eq!(order.first().copied(), first_server(placement.as_ref(), count, key_hash));
            let mut sorted = order;
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        }

        #[test]
        fn the_owner_is_first_and_who_drains_is_last(key_hash: u64) {
            let placement = ring(&["Draining", "Active", "Active"]);
            let order = servers(Some(&placement), 3, key_hash);
            prop_assert_eq!(order[0], placement.owner(key_hash));
            prop_assert_eq!(order[2], 0);
        }

        #[test]
        fn nobody_is_asked_whom_the_request_has_left_and_somebody_is_if_there_is_one(
            left in proptest::collection::vec(any::<bool>(), 6), over in proptest::collection::vec(any::<bool>(), 6),
            lost in proptest::collection::vec(any::<bool>(), 3)
        ) {
            let all: Vec<Vec<usize>> = (0..3).map(|cluster| vec![2 * cluster, 2 * cluster + 1]).collect();
            let found = next(&all, |server| left[*server], |at| lost[at], |server| !over[*server]);
            prop_assert_eq!(found.is_some(), left.contains(&false));
            let best = |server: usize| (over[server], !over[server] && lost[server / 2], server);
            let expected = (0..6).filter(|server| !left[*server]).min_by_key(|server| best(*server));
            prop_assert_eq!(found.map(|(at, place)| all[at][place]), expected);
        }

        #[test]
        fn without_a_ring_sessions_are_spread(key_hash: u64) {
            let order = servers(None, 3, key_hash);
            prop_assert_eq!(order, [0, 1, 2].map(|step| (step + usize::try_from(key_hash % 3).unwrap()) % 3));
        }
    }

    /// Clusters parted by blanks, one letter for each server, in the session's order. `lost` are clusters, `left` and
    /// `over` are servers that the request has left and that are passed over.
    #[track_caller]
    fn check(all: &str, lost: &[usize], left: &str, over: &str, chosen: Option<char>) {
        let all: Vec<Vec<char>> = all.split(' ').map(|cluster| cluster.chars().collect()).collect();
        let found = next(
            &all,
            |server| left.contains(*server),
            |at| lost.contains(&at),
            |server| !over.contains(*server),
        );
        assert_eq!(found.map(|(at, place)| all[at][place]), chosen);
    }

    #[test]
    fn the_next_is_the_first_that_may_be_asked() {
        check("abc", &[], "", "", Some('a'));
        check("abc", &[], "a", "", Some('b'));
        check("abc", &[], "", "a", Some('b'));
        check("abc", &[], "b", "a", Some('c'));
        check("abc", &[], "abc", "", None);
        check("", &[], "", "", None);
        // Another data centre comes after all servers of this one.
        check("ab cd", &[], "ab", "", Some('c'));
        check("ab cd", &[], "a", "b", Some('c'));
        // A lost one comes after all others, and is asked if they are gone as well.
        check("ab cd", &[0], "", "", Some('c'));
        check("ab cd", &[0], "cd", "", Some('a'));
        check("ab cd", &[0, 1], "", "", Some('a'));
        check("ab cd", &[0], "cd", "a", Some('b'));
        // All are passed over: somebody must be asked to find out that they are back.
        check("ab cd", &[], "", "abcd", Some('a'));
        check("ab cd", &[0], "a", "abcd", Some('b'));
        check("ab cd", &[0], "abcd", "", None);
    }

    #[test]
    fn a_session_moves_only_when_its_home_is_lost() {
        let centre = |number| DataCentre::new(number).unwrap();
        let home = |number, swing| Some(Home { data_centre: centre(number), swing });
        for (before, at, lost, after) in [
            (None, None, false, None),
            (home(1, 2), None, true, home(1, 2)),
            (None, Some(1), false, home(1, 0)),
            (home(1, 2), Some(1), false, home(1, 2)),
            (home(1, 2), Some(1), true, home(1, 2)),
            (home(1, 2), Some(2), false, home(1, 2)),
            (home(1, 2), Some(2), true, home(2, 3)),
            (home(1, u16::MAX), Some(2), true, home(1, u16::MAX)),
        ] {
            assert_eq!(home_after(before, at.map(centre), lost), after, "{before:?} {at:?} {lost}");
        }
    }
}
