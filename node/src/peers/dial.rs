//! From an address to a link.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hello::{self, NoHello, Refusal};
use super::limits::{CONNECT_TIME, HELLO_TIME};
use super::local::Local;
use super::peer::Peer;
use super::pipe::{Pipe, Stream};
use super::socket::prepare;

/// Connects to `peer`, and makes sure that it is there.
pub(super) async fn dial(local: &Local, peer: &Peer) -> Result<Pipe, NoHello> {
    if !local.key.admits(peer.address) {
        return Err(NoHello::Refused(Refusal::NotLoopback));
    }
    let socket =
        timeout(CONNECT_TIME, TcpStream::connect(peer.address)).await.map_err(|_| NoHello::TooSlow)??;
    prepare(&socket)?;
    timeout(HELLO_TIME, greet(local, peer, socket)).await.unwrap_or(Err(NoHello::TooSlow))
}

async fn greet(local: &Local, peer: &Peer, socket: TcpStream) -> Result<Pipe, NoHello> {
    let mut stream: Box<dyn Stream> = match &local.tls {
        Some(tls) => tls.connect(socket, peer.address).await.map_err(NoHello::Tls)?,
        None => Box::new(socket),
    };
    hello::ask(&mut stream, &local.introduction(), &local.key, &peer.name).await?;
    Ok(Pipe::new(stream, Arc::clone(&local.metrics)))
}
