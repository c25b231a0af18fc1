//! Where the engine is.

use crate::backing::connect::ConnectError;

/// Host and port, as `redis.example:6379` or `[fd00::7]:6379`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// A name, or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, ConnectError> {
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            Some(Self { host: bare.to_owned(), port: port.parse().ok()? })
        });
        parsed
            .filter(|address| !address.host.is_empty())
            .ok_or_else(|| ConnectError::Address(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    //! Texts in, addresses or refusals out.

    use super::Address;

    #[test]
    fn a_host_and_a_port() {
        for (text, host, port) in [
            ("redis.example:6379", "redis.example", 6379),
            ("[fd00::7]:1", "fd00::7", 1),
            ("10.0.0.1:2", "10.0.0.1", 2),
        ] {
            assert_eq!(Address::parse(text).unwrap(), Address { host: host.to_owned(), port });
        }
        for text in ["redis.example", ":6379", "redis.example:", "redis.example:70000"] {
            Address::parse(text).unwrap_err();
        }
    }
}
