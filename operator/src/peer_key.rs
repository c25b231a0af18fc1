//! The secret that the nodes of a cluster and the operator share: nodes know each other by it, and the operator's
//! rings.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use k8s_openapi::api::core::v1::Secret;
use sha2::Sha256;

/// Key of the Secret, and so the file's name.
pub(crate) const FILE: &str = "key";
/// Random bytes of a new key; as many as the hash gives.
const BYTES: usize = 32;

/// The bytes of the file that nodes read, as they are.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerKey(Vec<u8>);

/// A Secret that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has no `{FILE}` of {BYTES} bytes or more")]
pub struct NoPeerKey;

impl PeerKey {
    /// The key that a Secret holds.
    ///
    /// # Errors
    /// It holds none, or one that is too short to keep anybody out.
    pub fn of(secret: &Secret) -> Result<Self, NoPeerKey> {
        let bytes = secret.data.as_ref().and_then(|data| data.get(FILE)).ok_or(NoPeerKey)?;
        if bytes.0.len() < BYTES { Err(NoPeerKey) } else { Ok(Self(bytes.0.clone())) }
    }

    /// The key made of these random bytes. It is text, so that no tool and no editor makes another one of it by adding or
    /// taking away the end of a line.
    #[must_use]
    pub fn new(random: [u8; BYTES]) -> Self {
        Self(hexadecimal(&random).into_bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// HMAC-SHA256 of `message`, in hexadecimal.
    pub(crate) fn signature(&self, message: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("keys of every length are keys");
        mac.update(message);
        hexadecimal(&mac.finalize().into_bytes())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Without the key: it would be in every log that shows what was observed.
impl fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerKey")
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    #[test]
    fn a_secret_is_a_key_if_it_has_one_that_is_long_enough() {
        let secret = |name: &str, bytes: &[u8]| Secret {
            data: Some([(name.to_owned(), ByteString(bytes.to_owned()))].into()),
            ..Secret::default()
        };
        assert_eq!(PeerKey::of(&secret("key", &[7; 32])), Ok(PeerKey(vec![7; 32])));
        assert_eq!(PeerKey::of(&secret("key", &[7; 31])), Err(NoPeerKey));
        assert_eq!(PeerKey::of(&secret("other", &[7; 32])), Err(NoPeerKey));
        assert_eq!(PeerKey::of(&Secret::default()), Err(NoPeerKey));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let signature = PeerKey(b"Jefe".to_vec()).signature(b"what do ya want for nothing?");
        assert_eq!(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = PeerKey::new([7; BYTES]);
        assert_eq!(format!("{key:?}"), "PeerKey");
        assert_eq!(key.bytes().len(), 64, "32 bytes as hexadecimal");
    }
}
