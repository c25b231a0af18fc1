//! Every node gets its share.

use super::{placement, ring};
use crate::key_hash;

const KEYS: u32 = 10_000;

/// Owners drawn evenly at random would give a chi-square statistic of `nodes - 1` on average, with
/// variance twice that. Within six standard deviations nobody would tell placement from such a draw.
#[track_caller]
fn check(nodes: u32) {
    let names: Vec<String> = (0..nodes).map(|ordinal| format!("shop-{ordinal}")).collect();
    let placement = placement(&ring(1, &names.join(" "), &[]), "shop-0");
    let mut owned = vec![0u32; names.len()];
    for number in 0..KEYS {
        let key = format!("/LM/W3SVC/1/ROOT(wXq5pQ)/s{number:023}");
        owned[placement.owner(key_hash(key.as_bytes()))] += 1;
    }
    let expected = f64::from(KEYS) / f64::from(nodes);
    let statistic: f64 = owned.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let freedom = f64::from(nodes - 1);
    let bound = freedom + 6.0 * (2.0 * freedom).sqrt();
    assert!(statistic < bound, "{nodes} nodes: {statistic:.1} is not below {bound:.1}; they own {owned:?}");
}

#[test]
fn shares_are_even() {
    for nodes in [3, 4, 5, 6, 7, 10, 16, 33, 100] {
        check(nodes);
    }
}
