//! Names of sessions: what a session number is called on every wire.

/// Length of a session id in characters, the only one that ASP.NET's own id manager makes.
pub(crate) const ID_LENGTH: usize = 24;

/// What stands before the id: an application id and the base64 of its SHA-256, as ASP.NET 4.5 and
/// later send it.
const APPLICATION: &str = "/LM/W3SVC/2/ROOT(oXvpnxcuEWqKAgOETha32JavYZ6eCqrpTN5/HxWS854=)/";

/// The same, as the state protocol writes it in a request line.
const APPLICATION_ENCODED: &str =
    "%2fLM%2fW3SVC%2f2%2fROOT(oXvpnxcuEWqKAgOETha32JavYZ6eCqrpTN5%2fHxWS854%3d)%2f";

/// Length of a whole key in bytes, the same on every server.
pub(crate) const KEY_LENGTH: usize = APPLICATION.len() + ID_LENGTH;

/// The 32 letters of ASP.NET session ids.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

/// Appends the key of session `number` in plain form, as Redis and memcached take it.
pub(crate) fn write_plain(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(APPLICATION.as_bytes());
    out.extend_from_slice(&id(number));
}

/// Appends the key of session `number` percent-encoded, as the state protocol takes it.
pub(crate) fn write_encoded(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(APPLICATION_ENCODED.as_bytes());
    out.extend_from_slice(&id(number));
}

/// The id of session `number`: looks random, never the same for two numbers.
fn id(number: u64) -> [u8; ID_LENGTH] {
    let mut letters = [0; ID_LENGTH];
    // Both mixes are bijections of the number, so the first half alone already tells sessions apart:
    // 12 letters hold 60 bits, and the numbers in use stay far below.
    for (half, salt) in letters.chunks_exact_mut(ID_LENGTH / 2).zip([0, 0x5eed]) {
        let mut bits = u128::from(mix(number ^ salt));
        for letter in half {
            *letter = ALPHABET[usize::from(bits.to_le_bytes()[0] & 31)];
            bits >>= 5;
        }
    }
    letters
}

/// SplitMix64's finaliser: spreads neighbouring numbers over all 64 bits, one to one.
pub(crate) fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn encoded_key_is_the_plain_key_percent_encoded() {
        let (mut plain, mut encoded) = (Vec::new(), Vec::new());
        write_plain(7, &mut plain);
        write_encoded(7, &mut encoded);
        let expected = String::from_utf8(plain).unwrap().replace('/', "%2f").replace('=', "%3d");
        assert_eq!(String::from_utf8(encoded).unwrap(), expected);
    }

    #[test]
    fn ids_are_distinct_and_of_the_alphabet() {
        let ids: HashSet<_> = (0..10_000).map(id).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().flatten().all(|letter| ALPHABET.contains(letter)));
    }
}
