//! Which session a request is about.

use std::fmt;
use std::sync::Arc;

use cloakroom_protocol::aspnet::{BadSessionId, key_into, target};
use cloakroom_ring::key_hash;

/// The name of one session of one application. Copies are cheap.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Session {
    pub(crate) target: Arc<str>,
    key_hash: u64,
}

impl Session {
    /// The session `session_id` of the application `app_id`. Letter case matters in both.
    ///
    /// The application's id is that of IIS, such as `/LM/W3SVC/1/ROOT` for the first site.
    ///
    /// # Errors
    /// [`BadSessionId`] if the session's id is empty or longer than 80 characters.
    pub fn new(app_id: &str, session_id: &str) -> Result<Self, BadSessionId> {
        let target = target(app_id, session_id)?;
        let mut key = Vec::new();
        key_into(target.as_bytes(), &mut key);
        Ok(Self { target: target.into(), key_hash: key_hash(&key) })
    }

    /// The hash that says which node owns the session: every node computes the same one.
    #[must_use]
    pub fn key_hash(&self) -> u64 {
        self.key_hash
    }
}

/// Whoever knows the id of a session can be its visitor.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_ring::key_hash;

    use super::Session;

    #[test]
    fn the_hash_is_that_of_the_decoded_key() {
        let session = Session::new("/LM/W3SVC/1/ROOT", "s t").unwrap();
        let key = "/LM/W3SVC/1/ROOT(cAHkmVhipCLv/QnONQmPsKL+q/AjnK/nYS9aV3Zlad8=)/s t";
        assert_eq!(session.key_hash(), key_hash(key.as_bytes()));
    }
}
