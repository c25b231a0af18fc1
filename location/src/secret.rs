//! The bytes of a key, kept from logs, from swapped copies and from error messages.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 secret bytes; base64 in text. Nothing of them is shown, and they are overwritten when they are dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret([u8; Secret::BYTES]);

impl Secret {
    pub(crate) const BYTES: usize = 32;

    pub(crate) const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Neither a buffer that was never filled nor one byte again and again.
    pub(crate) fn looks_drawn(&self) -> bool {
        self.0.iter().any(|byte| *byte != self.0[0])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.0)))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64)
    }
}

/// Decodes without a copy of the text.
struct Base64;

impl de::Visitor<'_> for Base64 {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes in base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        // The decoder wants room for whole groups of three bytes.
        let mut bytes = Zeroizing::new([0; Secret::BYTES.next_multiple_of(3)]);
        match STANDARD.decode_slice(text, bytes.as_mut_slice()) {
            Ok(Secret::BYTES) => {
                let mut secret = Secret([0; Secret::BYTES]);
                secret.0.copy_from_slice(&bytes[..Secret::BYTES]);
                Ok(secret)
            }
            _ => Err(E::custom("a secret has 32 bytes in base64")),
        }
    }
}
