//! Arbitrary cookies and rings: nothing panics, nothing that nobody sealed opens, and what is read is a ring.
//!
//! Runs in seconds with the other tests, and for hours under a coverage-guided engine
//! (`cargo bolero test tests::fuzz::cookies`).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{NOW, location, open, ring, seal};
use crate::KeyRing;

const ITERATIONS: usize = 5_000;

#[test]
fn cookies() {
    let ring = ring();
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        assert_eq!(open(&ring, NOW, &String::from_utf8_lossy(input)), None);
    });
}

#[test]
fn spoilt_cookies() {
    let ring = ring();
    let good = URL_SAFE_NO_PAD.decode(seal(&ring, NOW, &location(1, 0, NOW))).unwrap();
    bolero::check!().with_type::<Vec<(u8, u8)>>().with_iterations(ITERATIONS).for_each(|spots| {
        let mut bytes = good.clone();
        for (at, with) in spots {
            let length = bytes.len();
            bytes[usize::from(*at) % length] ^= with;
        }
        let opened = open(&ring, NOW, &URL_SAFE_NO_PAD.encode(&bytes));
        assert_eq!(opened, (bytes == good).then_some(location(1, 0, NOW)));
    });
}

#[test]
fn rings() {
    let good = ring().to_json();
    bolero::check!().with_type::<Vec<(u16, u8)>>().with_iterations(ITERATIONS).for_each(|spots| {
        let mut bytes = good.as_bytes().to_vec();
        for (at, with) in spots {
            let length = bytes.len();
            bytes[usize::from(*at) % length] ^= with;
        }
        if let Ok(ring) = KeyRing::from_json(&String::from_utf8_lossy(&bytes)) {
            let cookie = seal(&ring, NOW, &location(1, 0, NOW));
            assert_eq!(open(&ring, NOW, &cookie), Some(location(1, 0, NOW)));
        }
    });
}
