//! What is written as `host:port`.

use std::net::SocketAddr;

use super::DiscoveryError;

/// The list, if there is something in it and all of it can be connected to.
pub(super) fn checked(servers: Vec<String>) -> Result<Vec<String>, DiscoveryError> {
    if servers.is_empty() {
        return Err(DiscoveryError::Nowhere);
    }
    match servers.iter().find(|server| !is_address(server)) {
        Some(wrong) => Err(DiscoveryError::NoAddress(wrong.clone())),
        None => Ok(servers),
    }
}

/// Host and port of `host:port` where host is a name.
pub(super) fn named(server: &str) -> Option<(&str, u16)> {
    let (host, port) = server.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    is_name(host).then_some((host, port))
}

/// What may be a name; whether it is one is for the resolver to say.
pub(super) fn is_name(host: &str) -> bool {
    (1..=254).contains(&host.len())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

fn is_address(server: &str) -> bool {
    let address = server.parse::<SocketAddr>();
    address.is_ok_and(|address| address.port() != 0) || named(server).is_some()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for address in ["10.0.0.1:42424", "[2001:db8::7]:1", "localhost:42424", "shop-0.shop.example.:65535"]
        {
            assert!(is_address(address), "{address}");
        }
        let wrong = [
            "",
            "shop",
            "shop:",
            ":42424",
            "shop:0",
            "10.0.0.1:0",
            "shop:65536",
            "2001:db8::7:1",
            "http://shop:1",
            "a b:1",
        ];
        for address in wrong {
            assert!(!is_address(address), "{address}");
        }
    }
}
