//! Request targets as ASP.NET builds them (client side).

use std::fmt::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// ASP.NET refuses to send longer session ids.
const SESSION_ID_CHARS_MAX: usize = 80;

/// A session id that is empty or longer than 80 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSessionId {
    chars: usize,
}

/// The target of the session `session_id` of the application `app_id`, such as `/LM/W3SVC/1/ROOT`.
///
/// That is the application's id, the base64 of its SHA-256 in parentheses, a slash and the session's
/// id, all percent-encoded (.NET 4.5 and later; MS-ASP 2.2.3.13 has the older hash).
///
/// # Errors
/// [`BadSessionId`] where the real client would refuse to send.
pub fn target(app_id: &str, session_id: &str) -> Result<String, BadSessionId> {
    let chars = session_id.chars().count();
    if chars == 0 || chars > SESSION_ID_CHARS_MAX {
        return Err(BadSessionId { chars });
    }
    let slash = if app_id.starts_with('/') { "" } else { "/" };
    let hash = STANDARD.encode(Sha256::digest(app_id));
    Ok(url_encode(&format!("{slash}{app_id}({hash})/{session_id}")))
}

/// `HttpUtility.UrlEncode`: lower-case hex, a blank as `+`.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => write!(out, "%{byte:02x}").expect("a string takes any text"),
        }
    }
    out
}

impl fmt::Display for BadSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a session id has 1 to {SESSION_ID_CHARS_MAX} characters, this one has {}", self.chars)
    }
}

impl std::error::Error for BadSessionId {}
