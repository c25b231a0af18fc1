//! What can be the address of something that this node connects to.

use std::net::{IpAddr, Ipv6Addr};

/// `host:port`; an IPv6 address in brackets.
pub(super) fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_one = match bracketed {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => !host.contains(':') && is_host(host),
    };
    host_is_one && port.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Whether an address can be no other machine's, as far as it tells by itself.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A host name, or an IP address without brackets. What is no name anywhere is for the resolver to say.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
        || (1..=253).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}
