//! How the sockets of links are set up.

use std::io;

use socket2::SockRef;
use tokio::net::TcpStream;

/// Bytes that the kernel may hold unsent: more would stand before a small message that must not wait.
const UNSENT_BYTES: u32 = 128 * 1024;

pub(super) fn prepare(socket: &TcpStream) -> io::Result<()> {
    // A batch is one write; waiting to join it with the next only delays it.
    socket.set_nodelay(true)?;
    SockRef::from(socket).set_tcp_notsent_lowat(UNSENT_BYTES)
}
