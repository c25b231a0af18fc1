//! What to ask DNS for.

use std::fmt;
use std::str::FromStr;

use super::super::{DiscoveryError, host};

/// What SRV records of the nodes stand under, before the name of their Service.
const SERVICE: &str = "_state._tcp.";

/// A name, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum DnsName {
    /// Complete, with service and protocol: SRV.
    Service(String),
    /// SRV below it, or else A and AAAA.
    Either(String),
    /// A and AAAA.
    Host { name: String, port: u16 },
}

impl DnsName {
    /// The name whose SRV records are asked for.
    pub(super) fn service(&self) -> Option<String> {
        match self {
            Self::Service(name) => Some(name.clone()),
            Self::Either(name) => Some(format!("{SERVICE}{name}")),
            Self::Host { .. } => None,
        }
    }

    /// The name whose addresses are asked for.
    pub(super) fn host(&self) -> Option<&str> {
        match self {
            Self::Service(_) => None,
            Self::Either(name) | Self::Host { name, .. } => Some(name),
        }
    }

    /// The port that was written with it.
    pub(super) fn port(&self) -> Option<u16> {
        match self {
            Self::Host { port, .. } => Some(*port),
            Self::Service(_) | Self::Either(_) => None,
        }
    }
}

impl FromStr for DnsName {
    type Err = DiscoveryError;

    fn from_str(text: &str) -> Result<Self, DiscoveryError> {
        if let Some((name, port)) = host::named(text) {
            return Ok(Self::Host { name: name.to_owned(), port });
        }
        match text {
            service if host::is_name(service) && service.starts_with('_') => {
                Ok(Self::Service(service.to_owned()))
            }
            name if host::is_name(name) => Ok(Self::Either(name.to_owned())),
            other => Err(DiscoveryError::NoName(other.to_owned())),
        }
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) | Self::Either(name) | Self::Host { name, .. } => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_records_are_meant() {
        let host = |name: &str, port| DnsName::Host { name: name.to_owned(), port };
        for (text, expected) in [
            ("shop-peers.shop", DnsName::Either("shop-peers.shop".to_owned())),
            ("_state-tls._tcp.shop.", DnsName::Service("_state-tls._tcp.shop.".to_owned())),
            ("shop.example.:42424", host("shop.example.", 42424)),
            ("localhost:1", host("localhost", 1)),
        ] {
            assert_eq!(text.parse::<DnsName>().unwrap(), expected, "{text}");
        }
        for wrong in ["", "a b", "shop:0", "http://shop", "[::1]:1", "shop/"] {
            let error = wrong.parse::<DnsName>().unwrap_err().to_string();
            assert!(error.contains("is no name: write one such as"), "{error}");
        }
    }
}
