//! Redis as an ASP.NET session-state provider uses it: three keys per session (lock, data, internal)
//! that one script per operation reads and writes atomically.
//!
//! Every script answers in the same way: the body or 1 when done, nil when there is no such session,
//! 0 when somebody else holds the lock.

use std::{io::Write as _, net::TcpStream};

use anyhow::{Result, bail};

use super::{
    Decoded,
    resp::{self, Value},
};
use crate::{
    body, key,
    request::{Operation, Reply, Request},
};

/// `ARGV`: lock, seconds the lock lives at most.
const ACQUIRE: &str = "
if redis.call('SETNX', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('EXPIRE', KEYS[1], ARGV[2])
local body = redis.call('GET', KEYS[2])
if not body then redis.call('DEL', KEYS[1]) return false end
local seconds = redis.call('GET', KEYS[3])
redis.call('EXPIRE', KEYS[2], seconds)
redis.call('EXPIRE', KEYS[3], seconds)
return body";

/// `ARGV`: lock (0 for none), timeout in seconds, body.
const SET: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[2])
redis.call('DEL', KEYS[1])
return 1";

/// `ARGV`: lock.
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
local seconds = redis.call('GET', KEYS[3])
if not seconds then return false end
redis.call('EXPIRE', KEYS[2], seconds)
redis.call('EXPIRE', KEYS[3], seconds)
return 1";

const GET: &str = "
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local body = redis.call('GET', KEYS[2])
if not body then return false end
local seconds = redis.call('GET', KEYS[3])
redis.call('EXPIRE', KEYS[2], seconds)
redis.call('EXPIRE', KEYS[3], seconds)
return body";

/// `ARGV`: timeout in seconds.
const TOUCH: &str = "
if redis.call('EXPIRE', KEYS[2], ARGV[1]) == 0 then return false end
redis.call('EXPIRE', KEYS[3], ARGV[1])
return 1";

/// `ARGV`: lock.
const DELETE: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) == 0 then return false end
return 1";

/// A lock outlives its page by at most the execution timeout of ASP.NET, in seconds.
const LOCK_SECONDS: u32 = 110;

/// The names under which a server has stored the scripts.
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    acquire: String,
    set: String,
    release: String,
    get: String,
    touch: String,
    delete: String,
}

impl Scripts {
    /// Stores the scripts in the server behind `stream`.
    ///
    /// # Errors
    /// The server refuses a script, or the connection breaks.
    pub(crate) fn load(stream: &mut TcpStream) -> Result<Self> {
        let mut load = |script: &str| -> Result<String> {
            let mut command = Vec::new();
            resp::begin(3, &mut command);
            for part in ["SCRIPT", "LOAD", script] {
                resp::part(part.as_bytes(), &mut command);
            }
            stream.write_all(&command)?;
            let mut input = Vec::new();
            loop {
                crate::probe::read_some(stream, &mut input)?;
                match resp::decode(&input)? {
                    Some((_, Value::Bulk(name))) => return Ok(String::from_utf8(name.to_vec())?),
                    Some((_, value)) => bail!("{value:?} is no reply to SCRIPT LOAD"),
                    None => {}
                }
            }
        };
        Ok(Self {
            acquire: load(ACQUIRE)?,
            set: load(SET)?,
            release: load(RELEASE)?,
            get: load(GET)?,
            touch: load(TOUCH)?,
            delete: load(DELETE)?,
        })
    }

    /// Scripts under made-up names, for tests of the encoding.
    #[cfg(test)]
    pub(super) fn named() -> Self {
        let [acquire, set, release, get, touch, delete] =
            ["acquire", "set", "release", "get", "touch", "delete"].map(String::from);
        Self { acquire, set, release, get, touch, delete }
    }
}

/// Appends `request`; a write or touch gives the session `minutes` from then on.
pub(super) fn encode(scripts: &Scripts, request: &Request, minutes: u32, out: &mut Vec<u8>) {
    let Request { operation, session, lock, version, length } = *request;
    let (script, arguments) = match operation {
        Operation::Create | Operation::SetAndRelease => (&scripts.set, 3),
        Operation::GetExclusive => (&scripts.acquire, 2),
        Operation::Release => (&scripts.release, 1),
        Operation::Get => (&scripts.get, 0),
        Operation::Touch => (&scripts.touch, 1),
        Operation::Delete => (&scripts.delete, 1),
    };
    resp::begin(6 + arguments, out);
    resp::part(b"EVALSHA", out);
    resp::part(script.as_bytes(), out);
    resp::part(b"3", out);
    // The braces make the three keys hash to one slot, as the provider does for clustered servers.
    for suffix in ["_lock", "_data", "_internal"] {
        let write = |out: &mut Vec<u8>| {
            out.push(b'{');
            key::write_plain(session, out);
            out.push(b'}');
            out.extend_from_slice(suffix.as_bytes());
        };
        resp::part_with(key::KEY_LENGTH + 2 + suffix.len(), write, out);
    }
    match operation {
        Operation::Create | Operation::SetAndRelease => {
            resp::part_number(lock, out);
            resp::part_number(minutes * 60, out);
            resp::part_with(length, |out| body::write(session, version, length, out), out);
        }
        Operation::GetExclusive => {
            resp::part_number(lock, out);
            resp::part_number(LOCK_SECONDS, out);
        }
        Operation::Release | Operation::Delete => resp::part_number(lock, out),
        Operation::Touch => resp::part_number(minutes * 60, out),
        Operation::Get => {}
    }
}

/// See [`super::Dialect::decode`].
pub(super) fn decode(input: &[u8]) -> Result<Option<Decoded<'_>>> {
    let Some((taken, value)) = resp::decode(input)? else {
        return Ok(None);
    };
    let reply = match value {
        Value::Bulk(bytes) => Reply::Body { bytes, lock: None },
        Value::Nil => Reply::Absent,
        Value::Integer(1) => Reply::Done,
        Value::Integer(0) => Reply::Locked,
        _ => bail!("{value:?} is no reply of a script"),
    };
    Ok(Some((taken, reply)))
}
