//! Rows of the key `dataCentre`.

use super::{REDIS, check, check_refused, read};

/// The configuration of data centre 1, `west`, which shares its sessions with `peers`.
pub(super) fn shared(keys: &str, peers: &str) -> String {
    let engine = format!("backingStore: {{mode: writeThrough, {REDIS}}}");
    format!("{engine}\ndataCentre: {{group: a/shop, name: west, number: 1, peers: [{peers}], {keys}}}")
}

pub(super) const EAST: &str = "{name: east, number: 2, address: 'localhost:42426'}";

#[test]
fn data_centres_share_what_is_written_through() {
    assert_eq!(read("").unwrap().data_centre, None);
    check(&shared("", ""), "peers: []");
    check(&shared("", EAST), "gatewayListen: 127.0.0.1:42426");
    check(&shared("swingBackAfter: 10min", EAST), "swingBackAfter: 10m");
    check(&shared("gatewayKeyFile: key, gatewayListen: '0.0.0.0:1'", EAST), "gatewayListen: 0.0.0.0:1");
    check(&shared("", "{name: a-1, number: 127, address: '[::1]:1'}"), "number: 127");
    let (through, degrade) = ("mode: writeThrough", "mode: writeThrough, whenUnreachable: degrade");
    for other in ["mode: writeBehind", degrade] {
        check_refused(
            &shared("", EAST).replace(through, other),
            &["dataCentre: ", "write backingStore with mode: writeThrough and without whenUnreachable"],
        );
    }
    check_refused(
        "dataCentre: {group: shop, name: west, number: 1}",
        &["dataCentre: ", "write backingStore"],
    );
    check_refused("dataCentre: {group: shop, name: west}", &["dataCentre", "missing field `number`"]);
}

#[test]
fn data_centres_that_cannot_be_told_apart_or_reached_are_refused() {
    for (keys, peers, parts) in [
        (
            "",
            "{name: west, number: 2, address: 'localhost:1'}",
            ["peers: two data centres are called west", "own"],
        ),
        (
            "",
            "{name: east, number: 1, address: 'localhost:1'}",
            ["peers: two data centres have the number 1", "never"],
        ),
        (
            "",
            &format!("{EAST}, {EAST}"),
            ["two data centres are called east", "two data centres have the number 2"],
        ),
        ("", "{name: east, number: 0, address: 'localhost:1'}", ["0 is too small", "write 1 to 127"]),
        ("", "{name: east, number: 128, address: 'localhost:1'}", ["128 is too large", "write 1 to 127"]),
        (
            "",
            "{name: East, number: 2, address: 'localhost:1'}",
            ["\"East\" cannot be the name", "lower-case"],
        ),
        ("", "{name: east-, number: 2, address: 'localhost:1'}", ["\"east-\" cannot be the name", "hyphens"]),
        (
            "",
            "{name: east, number: 2, address: localhost}",
            ["\"localhost\" is not a host and a port", "write"],
        ),
        ("", "{name: east, number: 2, address: 'east.example:1'}", ["gatewayKeyFile", "read every session"]),
        (
            "gatewayListen: '0.0.0.0:42426'",
            EAST,
            ["gatewayKeyFile", "write the path of a file with a secret"],
        ),
        ("gatewayListen: '127.0.0.1:9424'", EAST, ["gatewayListen", "is adminListen already"]),
        ("gatewayKeyFile: ''", EAST, ["gatewayKeyFile", "it is empty"]),
        ("gatewayTls: {certFile: '', keyFile: k, caFile: c}", EAST, ["gatewayTls", "it is empty"]),
        ("swingBackAfter: 999ms", EAST, ["swingBackAfter: 999ms is too small", "write 1s to 7days"]),
    ] {
        check_refused(&shared(keys, peers), &[&["dataCentre."][..], &parts[..]].concat());
    }
    let nine: Vec<_> = (2..=10)
        .map(|number| format!("{{name: dc-{number}, number: {number}, address: 'localhost:1'}}"))
        .collect();
    check_refused(&shared("", &nine.join(", ")), &["dataCentre.peers: 9 peers; write at most 8"]);
    check_refused(&shared("", EAST).replace("a/shop", "'my shop'"), &["dataCentre.group", "without spaces"]);
}
