//! Where encrypted connections can be accepted, and why not elsewhere.

use super::rules::Rules;
use crate::{NodeConfig, StateTls};

impl StateTls {
    pub(super) fn judge(&self, config: &NodeConfig, rules: &mut Rules) {
        let listen = self.listen;
        let guarded = self.ca_file.is_some() || config.allow_plaintext;
        rules.require(listen.ip().is_loopback() || guarded, "stateTls.caFile", || {
            (
                format!("{listen} is open to other machines, and whoever reaches it can read every session, encrypted or not"),
                "write caFile (the authority that signs your clients' certificates), or allowPlaintext: true \
                 (--allow-plaintext) if a firewall or a network policy admits nobody but your web servers"
                    .to_owned(),
            )
        });
        let peers = config.ring_file.is_some().then_some(config.peer_listen);
        for (key, other) in [
            ("stateListen", Some(config.state_listen)),
            ("adminListen", Some(config.admin_listen)),
            ("peerListen", peers),
            ("dataCentre.gatewayListen", config.data_centre.as_ref().map(|own| own.gateway_listen)),
        ] {
            rules.require(listen.port() == 0 || Some(listen) != other, "stateTls.listen", || {
                (
                    format!("{listen} is {key} already"),
                    "write another port, for example 127.0.0.1:42443".to_owned(),
                )
            });
        }
        rules.file("stateTls.certFile", Some(&self.cert_file));
        rules.file("stateTls.keyFile", Some(&self.key_file));
        rules.file("stateTls.caFile", self.ca_file.as_deref());
    }
}
