//! How requests and replies look on each server's wire, written by hand and as short as each allows,
//! so that all servers are driven at the same cost.
//!
//! | operation | state | Redis plain | Redis, session-provider way | memcached |
//! |---|---|---|---|---|
//! | create | `PUT` | `SET .. EX` | script: write, no lock expected | `set` |
//! | get-exclusive | `GET`, acquire | `GET` | script: lock, read, renew | `get` |
//! | set-and-release | `PUT` | `SET .. EX` | script: check lock, write, unlock | `set` |
//! | release | `GET`, release | `EXPIRE` | script: check lock, unlock, renew | `touch` |
//! | get | `GET` | `GETEX` | script: check lock, read, renew | `gat` |
//! | touch | `HEAD` | `EXPIRE` | script: renew | `touch` |
//! | delete | `DELETE` | `DEL` | script: check lock, delete | `delete` |
//!
//! Plain Redis and memcached keep no lock, so they do less than the two others.

mod memcached;
mod redis_plain;
mod redis_provider;
mod resp;
mod state;

use anyhow::Result;

pub(crate) use redis_provider::Scripts;

use crate::request::{Operation, Reply, Request};

/// A wire format.
#[derive(Clone, Debug)]
pub(crate) enum Dialect {
    /// The ASP.NET state protocol.
    State,
    /// Redis commands, one per operation.
    RedisPlain,
    /// Redis scripts with three keys per session.
    RedisProvider(Scripts),
    /// The memcached text protocol.
    Memcached,
}

/// A reply and how many bytes of input it took.
pub(crate) type Decoded<'a> = (usize, Reply<'a>);

impl Dialect {
    /// Appends `request`; what it writes or touches lives for `minutes` from then on.
    pub(crate) fn encode(&self, request: &Request, minutes: u32, out: &mut Vec<u8>) {
        match self {
            Self::State => state::encode(request, minutes, out),
            Self::RedisPlain => redis_plain::encode(request, minutes, out),
            Self::RedisProvider(scripts) => {
                redis_provider::encode(scripts, request, minutes, out);
            }
            Self::Memcached => memcached::encode(request, minutes, out),
        }
    }

    /// The reply to `operation` that `input` begins with, or `None` while it is incomplete.
    ///
    /// # Errors
    /// Bytes that are no reply to this operation, in the server's own words where it gave any.
    pub(crate) fn decode<'a>(&self, operation: Operation, input: &'a [u8]) -> Result<Option<Decoded<'a>>> {
        match self {
            Self::State => state::decode(operation, input),
            Self::RedisPlain => redis_plain::decode(operation, input),
            Self::RedisProvider(_) => redis_provider::decode(input),
            Self::Memcached => memcached::decode(operation, input),
        }
    }

    /// Whether the server itself keeps sessions locked.
    #[must_use]
    pub(crate) const fn locks(&self) -> bool {
        matches!(self, Self::State | Self::RedisProvider(_))
    }
}

/// Splits `input` behind its first CRLF, if there is one.
fn split_line(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = input.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&input[..end], &input[end + 2..]))
}

/// `bytes` as a decimal number.
fn decimal<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// `bytes` for an error message: printable and short.
fn shown(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&bytes[..bytes.len().min(120)])
}

#[cfg(test)]
mod tests;
