//! Which session a request is about.

use cloakroom_protocol::aspnet::{BadSessionId, target};

/// The name of one session of one application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub(crate) target: String,
}

impl Session {
    /// The session `session_id` of the application `app_id`. Letter case matters in both.
    ///
    /// The application's id is that of IIS, such as `/LM/W3SVC/1/ROOT` for the first site.
    ///
    /// # Errors
    /// [`BadSessionId`] if the session's id is empty or longer than 80 characters.
    pub fn new(app_id: &str, session_id: &str) -> Result<Self, BadSessionId> {
        Ok(Self { target: target(app_id, session_id)? })
    }
}
