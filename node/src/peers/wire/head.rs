//! The heads of frames: what a message says besides its raw bytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_ring::Ring;
use serde::{Deserialize, Serialize};

use super::Fault;
use super::command::WireCommand;
use super::outcome::WireOutcome;
use super::parcel::{self, WireRow};
use super::raw::stored;
use crate::peers::limits::KEY_BYTES;
use crate::peers::message::{Answered, Ask, Forward, Question, Reply};
use crate::store::{Held, Stored};

/// What begins every frame. The order of variants is part of the protocol.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Head {
    /// Nothing: a question that was given up before it left. What it said follows and is skipped.
    Void,
    /// Are you there?
    Ping,
    /// The reply to [`Head::Ping`].
    Pong,
    /// More raw bytes of a message.
    Part { id: u32 },
    /// A question, and as much of its raw bytes as the frame holds.
    Question { id: u32, raw_bytes: u32, epoch: u64, ask: WireAsk },
    /// An answer, and as much of its raw bytes as the frame holds.
    Answer { id: u32, raw_bytes: u32, epoch: u64, reply: WireReply },
}

/// The first byte of [`Head::Void`].
pub(super) const VOID: u8 = 0;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum WireAsk {
    Beacon {
        settled: u64,
    },
    Adopt,
    Forward {
        hops: u8,
        command: WireCommand,
        patience: Duration,
        key_bytes: u32,
    },
    Take,
    Push,
    /// [`WireAsk::Forward`] with [`Forward::abroad`].
    ForwardAbroad {
        hops: u8,
        command: WireCommand,
        patience: Duration,
        key_bytes: u32,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum WireReply {
    Beacon { settled: u64 },
    Adopted,
    Forwarded { outcome: WireOutcome, key_bytes: Option<u32> },
    Row(WireRow),
    Tombstone { epoch: u64 },
    Nothing,
    Pushed,
    Stale,
    Behind,
    Retry { after: Duration },
    Unavailable,
}

impl From<&Ask> for WireAsk {
    fn from(ask: &Ask) -> Self {
        match ask {
            Ask::Beacon { settled } => Self::Beacon { settled: *settled },
            Ask::Adopt(_) => Self::Adopt,
            Ask::Forward(Forward { hops, command, patience, abroad, subject }) => {
                let (hops, patience, key_bytes) = (*hops, *patience, key_bytes(subject));
                let command = (*command).into();
                match abroad {
                    false => Self::Forward { hops, command, patience, key_bytes },
                    true => Self::ForwardAbroad { hops, command, patience, key_bytes },
                }
            }
            Ask::Take { .. } => Self::Take,
            Ask::Push(_) => Self::Push,
        }
    }
}

impl From<&Reply> for WireReply {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Beacon { settled } => Self::Beacon { settled: *settled },
            Reply::Adopted => Self::Adopted,
            Reply::Forwarded { outcome, body } => {
                Self::Forwarded { outcome: (*outcome).into(), key_bytes: body.as_ref().map(key_bytes) }
            }
            Reply::Held(Held::Row(row)) => Self::Row(row.into()),
            Reply::Held(Held::Tombstone { epoch }) => Self::Tombstone { epoch: *epoch },
            Reply::Held(Held::Nothing) => Self::Nothing,
            Reply::Pushed => Self::Pushed,
            Reply::Stale(_) => Self::Stale,
            Reply::Behind => Self::Behind,
            Reply::Retry { after } => Self::Retry { after: *after },
            Reply::Unavailable => Self::Unavailable,
        }
    }
}

/// The question of a head and all its raw bytes.
pub(super) fn question(epoch: u64, ask: WireAsk, raw: &[u8]) -> Result<Question, Fault> {
    let ask = match ask {
        WireAsk::Beacon { settled } => bare(raw, Ask::Beacon { settled })?,
        WireAsk::Adopt => Ask::Adopt(ring(raw)?),
        WireAsk::Forward { hops, command, patience, key_bytes }
        | WireAsk::ForwardAbroad { hops, command, patience, key_bytes } => Ask::Forward(Forward {
            hops,
            command: command.try_into()?,
            patience,
            abroad: matches!(ask, WireAsk::ForwardAbroad { .. }),
            subject: stored(key_bytes, raw)?,
        }),
        WireAsk::Take if raw.len() > KEY_BYTES => {
            return Err(Fault::Key(u32::try_from(raw.len()).unwrap_or(u32::MAX)));
        }
        WireAsk::Take => Ask::Take { key: Bytes::copy_from_slice(raw) },
        WireAsk::Push => Ask::Push(parcel::read(raw)?),
    };
    Ok(Question { epoch, ask })
}

/// The answer of a head and all its raw bytes.
pub(super) fn answer(epoch: u64, reply: WireReply, raw: &[u8]) -> Result<Answered, Fault> {
    let reply = match reply {
        WireReply::Forwarded { outcome, key_bytes: Some(key_bytes) } => {
            Reply::Forwarded { outcome: outcome.try_into()?, body: Some(stored(key_bytes, raw)?) }
        }
        WireReply::Forwarded { outcome, key_bytes: None } => {
            bare(raw, Reply::Forwarded { outcome: outcome.try_into()?, body: None })?
        }
        WireReply::Row(row) => {
            let (row, rest) = row.with_content(raw)?;
            bare(rest, Reply::Held(Held::Row(row)))?
        }
        WireReply::Stale => Reply::Stale(ring(raw)?),
        WireReply::Beacon { settled } => bare(raw, Reply::Beacon { settled })?,
        WireReply::Adopted => bare(raw, Reply::Adopted)?,
        WireReply::Tombstone { epoch } => bare(raw, Reply::Held(Held::Tombstone { epoch }))?,
        WireReply::Nothing => bare(raw, Reply::Held(Held::Nothing))?,
        WireReply::Pushed => bare(raw, Reply::Pushed)?,
        WireReply::Behind => bare(raw, Reply::Behind)?,
        WireReply::Retry { after } => bare(raw, Reply::Retry { after })?,
        WireReply::Unavailable => bare(raw, Reply::Unavailable)?,
    };
    Ok(Answered { epoch, reply })
}

/// `message`, if there are no raw bytes left.
fn bare<M>(raw: &[u8], message: M) -> Result<M, Fault> {
    if raw.is_empty() { Ok(message) } else { Err(Fault::RawBytes(raw.len(), 0)) }
}

fn ring(raw: &[u8]) -> Result<Arc<Ring>, Fault> {
    let text = str::from_utf8(raw).map_err(|_| Fault::Head)?;
    Ok(Arc::new(Ring::from_json(text)?))
}

fn key_bytes(stored: &Stored) -> u32 {
    u32::try_from(stored.key().len()).expect("a key is shorter than a request head")
}
