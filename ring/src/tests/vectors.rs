//! Hashes, scores and owners as every release must compute them.
//!
//! **These values must never change.** Nodes of two releases serve one cluster during an upgrade, and
//! clients compute owners too: whoever computes another owner serves a session twice. They were
//! computed with the reference implementation of XXH3 (xxHash 0.8), not with the library used here.

use super::{placement, ring};
use crate::hash::{node_hash, score};
use crate::key_hash;

const LONG: &str = "node.with-a.longer_name:and-port-42425-that-goes-beyond-one-block-of-sixty-four-bytes";
const NODES: [(&str, u64); 6] = [
    ("shop-0", 0x337d_c87e_1d7a_b4f9),
    ("shop-1", 0xe167_a290_4a10_29cf),
    ("shop-2", 0xd02c_9ec9_9492_3d2a),
    ("shop-3", 0x43aa_85f2_4ce8_ccc0),
    ("a", 0xe6c6_32b6_1e96_4e1f),
    (LONG, 0x2bdb_3a9c_a97f_92b3),
];

/// A key has this hash, these scores at [`NODES`], and belongs to them in this order.
#[track_caller]
fn check(key: &[u8], hash: u64, scores: [u64; 6], order: [usize; 6]) {
    assert_eq!(key_hash(key), hash, "the hash of the key");
    assert_eq!(NODES.map(|(_, node)| score(node, hash)), scores, "the scores");
    let names = NODES.map(|(name, _)| name).join(" ");
    let placement = placement(&ring(1, &names, &[]), "shop-0");
    assert_eq!(placement.order(hash), order, "best first");
    assert_eq!(placement.owner(hash), order[0], "the owner");
}

#[test]
fn names_are_hashed_as_ever() {
    assert_eq!(NODES.map(|(name, _)| node_hash(name)), NODES.map(|(_, hash)| hash));
}

#[test]
fn keys_are_hashed_and_placed_as_ever() {
    check(
        b"",
        0x2d06_8005_38d3_94c2,
        [
            0xb51a_8d43_cddb_f696,
            0x7f27_4895_0193_6a4e,
            0x0d54_d13c_fc3f_00fd,
            0xbad6_025b_2711_2827,
            0x1e87_f20e_b4a9_2643,
            0x6ff3_b642_f7a9_6d7d,
        ],
        [3, 0, 1, 5, 4, 2],
    );
    check(
        b"a",
        0xe6c6_32b6_1e96_4e1f,
        [
            0xb1cc_a318_aeea_f2a6,
            0xe1ff_b718_39a1_c08a,
            0x0705_7f8c_291c_0b9f,
            0xbe61_6cc1_ec68_ebae,
            0xe3dc_bec8_0b17_a176,
            0xe017_ccda_1110_26a9,
        ],
        [4, 1, 5, 3, 0, 2],
    );
    check(
        b"/LM/W3SVC/1/ROOT(wXq5pQ)/s1dk0ws4mbwzc1v0rkbfctio",
        0x89d6_8498_8b1e_f2ab,
        [
            0x9dc3_5c67_5314_4fba,
            0x496f_9a35_1e79_d439,
            0x84ab_06f6_6adc_9057,
            0x05eb_f0af_737f_136e,
            0xa01a_8fde_aac4_ccd7,
            0x69b4_6648_9f88_f654,
        ],
        [4, 0, 2, 5, 1, 3],
    );
    check(
        b"/lm/w3svc/1/root(wxq5pq)/s1dk0ws4mbwzc1v0rkbfctio",
        0xca51_49f4_7c6a_dd47,
        [
            0x203f_5838_a5f3_a3de,
            0x30cc_6512_196b_6043,
            0x40a7_dd0d_00bb_98ab,
            0x4b01_ad44_0a6f_05fb,
            0x0f1e_942b_f8f8_30e9,
            0xbdb0_502e_d269_a592,
        ],
        [5, 3, 2, 1, 0, 4],
    );
    check(
        &[0, 255, 128, 10],
        0x07f0_1418_0e8e_7fd0,
        [
            0x4cec_3eb6_2e24_2736,
            0xf342_8ccd_6729_1979,
            0xd6e1_7ef0_580b_d9c8,
            0xf2f2_c960_3c49_599f,
            0xa9ca_3c13_7a26_c0c8,
            0xfe91_45fe_308b_28d0,
        ],
        [5, 1, 3, 2, 4, 0],
    );
    check(
        &[b'k'; 300],
        0x3e90_1c94_ff54_faa0,
        [
            0xe107_a4e6_e938_f54b,
            0x6e95_765b_4271_2997,
            0xbbf1_f504_e3d1_037d,
            0x7663_5251_13e0_1f22,
            0x9447_da6d_4e4b_dadb,
            0x079c_c4e6_c223_7580,
        ],
        [0, 2, 4, 3, 1, 5],
    );
}
