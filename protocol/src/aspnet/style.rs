//! What a deployment may choose about the answers.

use std::fmt;

/// The version that .NET 4.x servers give. Clients refuse a server whose major version is below 2.
const VERSION: &str = "4.0.30319";

/// The first two lines of every answer, put together once.
#[derive(Clone, Debug)]
pub struct AnswerStyle {
    pub(super) ok: Box<[u8]>,
    pub(super) bad_request: Box<[u8]>,
    pub(super) not_found: Box<[u8]>,
    pub(super) locked: Box<[u8]>,
}

/// A version that clients would refuse or that would break the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadVersion(String);

impl AnswerStyle {
    /// Answers with this `X-AspNet-Version`, and with `HTTP/1.1` before the status only if asked:
    /// the real server has none there, but proxies and browsers want it.
    ///
    /// # Errors
    /// [`BadVersion`] unless the version is digits and dots with a first number of at least 2.
    pub fn new(version: &str, http_status_prefix: bool) -> Result<Self, BadVersion> {
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < 2)
            || !version.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
        {
            return Err(BadVersion(version.to_owned()));
        }
        Ok(Self::of(version, http_status_prefix))
    }

    fn of(version: &str, http_status_prefix: bool) -> Self {
        let prefix = if http_status_prefix { "HTTP/1.1 " } else { "" };
        let start =
            |status| format!("{prefix}{status}\r\nX-AspNet-Version: {version}\r\n").into_bytes().into();
        Self {
            ok: start("200 OK"),
            bad_request: start("400 Bad Request"),
            not_found: start("404 Not Found"),
            locked: start("423 Locked"),
        }
    }
}

impl Default for AnswerStyle {
    /// What a .NET 4.x server sends.
    fn default() -> Self {
        Self::of(VERSION, false)
    }
}

impl fmt::Display for BadVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no version that clients accept: write numbers and dots from 2 up, such as {VERSION}",
            self.0
        )
    }
}

impl std::error::Error for BadVersion {}
