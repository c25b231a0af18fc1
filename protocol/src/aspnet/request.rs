//! Requests, from operations to bytes (client side).

use std::io::Write;

use cloakroom_session::Timeout;

/// One operation on one session, as ASP.NET puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Read without locking (MS-ASP 2.2.5.1).
    Get,
    /// Read and lock (2.2.5.3).
    Acquire,
    /// Unlock without writing (2.2.5.7).
    Release {
        /// The lock to give up.
        cookie: i32,
    },
    /// Write, and unlock (2.2.5.5).
    Set {
        /// Minutes without use after which the session is gone.
        timeout: Timeout,
        /// Create only if absent, and let the first reader initialise the session.
        uninitialised: bool,
        /// The lock that is held, 0 for none.
        cookie: i32,
        /// The content; not empty.
        body: &'a [u8],
    },
    /// Delete (2.2.5.9).
    Remove {
        /// The lock that is held, 0 for none.
        cookie: i32,
    },
    /// Keep alive (2.2.5.11).
    Touch,
}

impl Request<'_> {
    /// Appends the whole request. `host` is the host of the connection string without the port,
    /// `target` comes from [`super::target`].
    ///
    /// The order of headers and the blanks behind colons are those of captured traffic.
    pub fn encode(&self, out: &mut Vec<u8>, host: &str, target: &str) {
        let method = match self {
            Self::Get | Self::Acquire | Self::Release { .. } => "GET",
            Self::Set { .. } => "PUT",
            Self::Remove { .. } => "DELETE",
            Self::Touch => "HEAD",
        };
        let start = [method, " ", target, " HTTP/1.1\r\nHost: ", host, "\r\n"];
        out.extend(start.iter().flat_map(|part| part.bytes()));
        let written = match self {
            Self::Get | Self::Touch => write!(out, "\r\n"),
            Self::Acquire => write!(out, "Exclusive: acquire\r\n\r\n"),
            Self::Release { cookie } => {
                write!(out, "Exclusive: release\r\nLockCookie:{cookie}\r\n\r\n")
            }
            Self::Remove { cookie } => write!(out, "LockCookie:{cookie}\r\n\r\n"),
            Self::Set { timeout, uninitialised, cookie, body } => write!(
                out,
                "Timeout:{}\r\nContent-Length:{}\r\nExtraFlags:{}\r\nLockCookie:{cookie}\r\n\r\n",
                timeout.minutes(),
                body.len(),
                u8::from(*uninitialised),
            )
            .map(|()| out.extend_from_slice(body)),
        };
        written.expect("a vector takes any bytes");
    }
}
