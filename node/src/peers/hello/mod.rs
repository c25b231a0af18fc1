//! How two nodes that have connected find out whether they belong together.
//!
//! Both say who they are, with a number that was never used before; then each proves that it has the
//! cluster's key by a code over everything that both said. The asker goes first, so that a stranger
//! learns nothing from a node but its name.

mod greeting;
mod key;
mod refusal;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

pub(super) use self::key::Key;
pub(super) use self::refusal::{NoHello, Refusal};

use self::greeting::{Greeting, receive, send};
use self::key::Role;
use super::Caller;

/// What one side says of itself.
#[derive(Clone, Debug)]
pub(super) struct Introduction {
    /// The cluster's identity; empty while it is not known.
    pub(super) cluster: Arc<str>,
    /// The member's name.
    pub(super) name: Arc<str>,
    /// Drawn at each start of the process.
    pub(super) inc: u64,
    /// Drawn for each link.
    pub(super) nonce: [u8; 32],
}

/// Introduces this node to the member `expected` at the other end of `stream`.
///
/// # Errors
/// [`NoHello`]; the stream is of no use then.
pub(super) async fn ask<S>(
    stream: &mut S,
    me: &Introduction,
    key: &Key,
    expected: &str,
) -> Result<Caller, NoHello>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mine = send(stream, &Greeting::hello(me)).await?;
    let (theirs, them) = introduction(stream, me).await?;
    if *them.name != *expected {
        return refuse(stream, Refusal::Name).await;
    }
    send(stream, &Greeting::Proof(key.prove(Role::Asker, &mine, &theirs))).await?;
    match receive(stream).await?.0 {
        Greeting::Proof(proof) if key.proves(Role::Answerer, &mine, &theirs, &proof) => Ok(them),
        Greeting::Proof(_) => refuse(stream, Refusal::Key).await,
        other => Err(other.out_of_place()),
    }
}

/// Answers the introduction of whoever connected from `from`.
///
/// # Errors
/// [`NoHello`]; the stream is of no use then.
pub(super) async fn answer<S>(
    stream: &mut S,
    me: &Introduction,
    key: &Key,
    from: SocketAddr,
) -> Result<Caller, NoHello>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !key.admits(from) {
        return refuse(stream, Refusal::NotLoopback).await;
    }
    let (theirs, them) = introduction(stream, me).await?;
    if them.name == me.name {
        return refuse(stream, Refusal::Name).await;
    }
    let mine = send(stream, &Greeting::hello(me)).await?;
    match receive(stream).await?.0 {
        Greeting::Proof(proof) if key.proves(Role::Asker, &theirs, &mine, &proof) => {}
        Greeting::Proof(_) => return refuse(stream, Refusal::Key).await,
        other => return Err(other.out_of_place()),
    }
    send(stream, &Greeting::Proof(key.prove(Role::Answerer, &theirs, &mine))).await?;
    Ok(them)
}

/// The other side's introduction, as it was sent and as it is understood.
async fn introduction<S>(stream: &mut S, me: &Introduction) -> Result<(Vec<u8>, Caller), NoHello>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (greeting, bytes) = receive(stream).await?;
    let hello = match greeting {
        Greeting::Hello(hello) => hello,
        Greeting::OtherVersion => return refuse(stream, Refusal::Version).await,
        other => return Err(other.out_of_place()),
    };
    let unknown = me.cluster.is_empty() || hello.cluster.is_empty();
    if !unknown && *hello.cluster != *me.cluster {
        return refuse(stream, Refusal::Cluster).await;
    }
    Ok((bytes, Caller { name: hello.name.into(), inc: hello.inc }))
}

/// Tells the other side why, as far as it listens.
async fn refuse<S, T>(stream: &mut S, refusal: Refusal) -> Result<T, NoHello>
where
    S: AsyncWrite + Unpin,
{
    drop(send(stream, &Greeting::Refused(refusal)).await);
    Err(NoHello::Refused(refusal))
}
