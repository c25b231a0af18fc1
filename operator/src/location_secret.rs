//! The Secret with the keys of the location cookie, as it is found: the operator makes it, applications mount it.

use std::fmt;

use cloakroom_location::{BadKeyRing, KeyRing};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;

use crate::labels;

/// Key of the Secret, and so the file's name.
pub(crate) const FILE: &str = "keys.json";

/// What the Secret holds.
#[derive(Clone)]
pub struct LocationSecret {
    /// The keys.
    pub keys: KeyRing,
    /// The number of the spec's `rotation` that they were made for; `None` if somebody removed it.
    pub rotation: Option<i32>,
    /// Which version of the Secret it is.
    pub version: Option<String>,
}

/// A Secret that has no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLocationKeys {
    /// There is nothing of that name in it.
    #[error("it has no text `{FILE}`")]
    Absent,
    /// There is something else.
    #[error(transparent)]
    Bad(#[from] BadKeyRing),
}

impl LocationSecret {
    /// What `secret` holds.
    ///
    /// # Errors
    /// It holds no keys.
    pub fn of(secret: &Secret) -> Result<Self, NoLocationKeys> {
        let bytes = secret.data.as_ref().and_then(|data| data.get(FILE));
        let text = bytes.and_then(|bytes| str::from_utf8(&bytes.0).ok()).ok_or(NoLocationKeys::Absent)?;
        let rotation = secret.annotations().get(labels::ROTATION);
        Ok(Self {
            keys: KeyRing::from_json(text)?,
            rotation: rotation.and_then(|number| number.parse().ok()),
            version: secret.resource_version(),
        })
    }
}

/// Without the keys: they would be in every log that shows what was observed.
impl fmt::Debug for LocationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocationSecret")
            .field("newest", &self.keys.newest_id())
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;
    use serde_json::json;

    use super::*;

    fn secret(file: &str, text: &[u8], rotation: &str) -> Secret {
        let metadata = json!({ "annotations": { labels::ROTATION: rotation }, "resourceVersion": "9" });
        Secret {
            metadata: serde_json::from_value(metadata).unwrap(),
            data: Some([(file.to_owned(), ByteString(text.to_owned()))].into()),
            ..Secret::default()
        }
    }

    #[test]
    fn a_secret_holds_keys_or_says_what_it_lacks() {
        let secret_bytes = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let keys = KeyRing::generate(1_000, secret_bytes).to_json();
        let held = LocationSecret::of(&secret(FILE, keys.as_bytes(), "3")).unwrap();
        assert_eq!((held.keys.newest_id(), held.rotation, held.version.as_deref()), (1, Some(3), Some("9")));
        assert_eq!(LocationSecret::of(&secret(FILE, keys.as_bytes(), "three")).unwrap().rotation, None);
        for (file, text) in [("other", keys.as_bytes()), (FILE, &[0xff])] {
            assert_eq!(LocationSecret::of(&secret(file, text, "3")).unwrap_err(), NoLocationKeys::Absent);
        }
        let bad = LocationSecret::of(&secret(FILE, b"{", "3"));
        assert!(matches!(bad, Err(NoLocationKeys::Bad(_))), "{bad:?}");
        // The first bytes of the secret, in base64.
        assert!(keys.contains("AAECAwQF") && !format!("{held:?}").contains("AAECAwQF"));
    }
}
