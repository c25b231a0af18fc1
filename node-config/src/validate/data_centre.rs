//! Which data centres can share sessions, and why not the others.

use std::{ops::RangeInclusive, time::Duration};

use super::address::{is_address, is_loopback};
use super::rules::Rules;
use crate::{BackingMode, DataCentre, NodeConfig, WhenUnreachable};

const NUMBERS: RangeInclusive<u8> = 1..=127;
const PEERS_MAX: usize = 8;

impl DataCentre {
    pub(super) fn judge(&self, config: &NodeConfig, rules: &mut Rules) {
        let compares = config.backing_store.as_ref().is_some_and(|backing_store| {
            backing_store.mode == BackingMode::WriteThrough
                && backing_store.when_unreachable == WhenUnreachable::Stall
        });
        rules.require(compares, "dataCentre", || {
            (
                "what keeps two data centres from changing one session is that the engine has each change before it is answered"
                    .to_owned(),
                "write backingStore with mode: writeThrough and without whenUnreachable: degrade; the engine and its \
                 keyPrefix are those of the whole group"
                    .to_owned(),
            )
        });
        let group = &self.group;
        let printable = (1..=200).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_graphic());
        rules.require(printable, "dataCentre.group", || {
            (
                format!("{group:?} cannot be the name of a group"),
                "write 1 to 200 printable ASCII characters without spaces, the same in all its data centres, for example \
                 shop"
                    .to_owned(),
            )
        });
        self.judge_gateway(config, rules);
        if let Some(span) = self.swing_back_after {
            let week = Duration::from_secs(7 * 24 * 60 * 60);
            rules.span("dataCentre.swingBackAfter", span, Duration::from_secs(1)..=week);
        }
        rules.require(self.peers.len() <= PEERS_MAX, "dataCentre.peers", || {
            (format!("{} peers", self.peers.len()), format!("write at most {PEERS_MAX}"))
        });
        self.judge_names(rules);
        for peer in &self.peers {
            rules.require(is_address(&peer.address), "dataCentre.peers", || {
                (
                    format!("{:?} is not a host and a port", peer.address),
                    "write the address of the peer's gateways, for example east-gateway.example:42426"
                        .to_owned(),
                )
            });
        }
    }

    fn judge_gateway(&self, config: &NodeConfig, rules: &mut Rules) {
        let listen = self.gateway_listen;
        for (key, other) in [
            ("stateListen", Some(config.state_listen)),
            ("adminListen", Some(config.admin_listen)),
            ("peerListen", config.ring_file.is_some().then_some(config.peer_listen)),
        ] {
            rules.require(listen.port() == 0 || Some(listen) != other, "dataCentre.gatewayListen", || {
                (
                    format!("{listen} is {key} already"),
                    "write another port, for example 127.0.0.1:42426".to_owned(),
                )
            });
        }
        let leaves = !listen.ip().is_loopback() || self.peers.iter().any(|peer| !is_loopback(&peer.address));
        let key_file = self.gateway_key_file.as_deref();
        rules.require(!leaves || key_file.is_some(), "dataCentre.gatewayKeyFile", || {
            (
                "gateways reach other machines, and whoever reaches a gateway can read every session".to_owned(),
                "write the path of a file with a secret that all nodes of the group share, or loopback addresses for data \
                 centres on one machine"
                    .to_owned(),
            )
        });
        rules.file("dataCentre.gatewayKeyFile", key_file);
        for path in self.gateway_tls.iter().flat_map(|tls| [&tls.cert_file, &tls.key_file, &tls.ca_file]) {
            rules.file("dataCentre.gatewayTls", Some(path));
        }
    }

    /// Numbers and names, one's own among them: a session must not be taken for one of another data centre.
    fn judge_names(&self, rules: &mut Rules) {
        let mine = ("dataCentre.name", "dataCentre.number", self.name.as_str(), self.number);
        let theirs = self
            .peers
            .iter()
            .map(|peer| ("dataCentre.peers", "dataCentre.peers", peer.name.as_str(), peer.number));
        let mut before = Vec::new();
        for (name_key, number_key, name, number) in std::iter::once(mine).chain(theirs) {
            rules.require(is_label(name), name_key, || {
                (
                    format!("{name:?} cannot be the name of a data centre"),
                    "write 1 to 63 lower-case letters, digits and hyphens, none of these first or last, for example west"
                        .to_owned(),
                )
            });
            rules.within(number_key, number, NUMBERS);
            for &(other_name, other_number) in &before {
                rules.require(name != other_name, name_key, || {
                    (
                        format!("two data centres are called {name}"),
                        "write each one's own name; a data centre is not its own peer".to_owned(),
                    )
                });
                rules.require(number != other_number, number_key, || {
                    (
                        format!("two data centres have the number {number}"),
                        "write each one's own number; it must never change, sessions are known by it"
                            .to_owned(),
                    )
                });
            }
            before.push((name, number));
        }
    }
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
