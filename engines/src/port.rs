//! Ports that nobody listens on.

use std::net::{IpAddr, TcpListener};

use anyhow::Context as _;

/// A port of `address` that is free now. Another program may take it before it is used: whoever uses it tries again
/// with the next.
///
/// # Errors
/// The address is not one of this machine.
pub fn free_port(address: IpAddr) -> anyhow::Result<u16> {
    let listener =
        TcpListener::bind((address, 0)).with_context(|| format!("cannot listen on {address}; is it up?"))?;
    Ok(listener.local_addr()?.port())
}
