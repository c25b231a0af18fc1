//! Cookies of earlier releases, which open for ever. They were made by another implementation of the cipher.

use std::time::Duration;

use super::{NOW, bytes, location};
use crate::{Binding, KeyRing, Location};

#[track_caller]
fn check(seed: u8, location: Location, binding: Binding<'_>, cookie: &str) {
    let ring = KeyRing::generate(NOW, bytes(seed));
    assert_eq!(ring.seal(NOW, bytes(seed + 1), &location, &binding), cookie);
    assert_eq!(ring.open(NOW, cookie, &binding, Duration::from_secs(1)), Some(location));
}

#[test]
fn cookies_are_frozen() {
    let shop = Binding { cookie: "location", app: "/LM/W3SVC/1/ROOT", session: "k1im0mymglivv5rttkwn4fle" };
    check(
        1,
        location(1, 0, NOW),
        shop,
        "AQAAAAECCRAXHiUsMzpBSE9WXWRrcnmAh46VnKPnhcuIhpSd4TlQ74OvOvsSgjTAMRTOlBKwSXk",
    );
    let empty = Binding { cookie: "", app: "", session: "" };
    check(
        200,
        location(127, 65_535, NOW - 1),
        empty,
        "AQAAAAHJ0Nfe5ezz-gEIDxYdJCsyOUBHTlVcY2pa0BHLhwu1j8FSQlDmM6cG4mVPvzJHsHXZ8WQ",
    );
}
