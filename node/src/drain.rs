//! `cloakroom-node drain`: asks the node on this machine to drain, for supervisors that can only start a program.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, ensure};

/// Longer than any `drainSettle`.
const PATIENCE: Duration = Duration::from_secs(6 * 60);
/// More than the node's longest answer.
const ANSWER_BYTES: u64 = 4096;

/// Returns when the node behind the admin port `admin` has drained.
///
/// # Errors
/// There is no node, or it refuses.
pub fn drain(admin: SocketAddr) -> anyhow::Result<()> {
    let unreachable = || {
        format!(
            "no node answers on {admin}; name its admin port with --admin, and run this on its machine or in its pod"
        )
    };
    let mut stream = TcpStream::connect_timeout(&admin, Duration::from_secs(5)).with_context(unreachable)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "POST /drain HTTP/1.1\r\nHost: {admin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .with_context(unreachable)?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES).read_to_string(&mut answer).with_context(unreachable)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    ensure!(head.starts_with("HTTP/1.1 200 "), "the node refuses to drain: {}", body.trim());
    Ok(())
}
