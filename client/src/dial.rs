//! How the nodes of one cluster are connected to.

use std::net::SocketAddr;
use std::time::Duration;

use crate::connection::Patience;
use crate::tls::Tls;
use crate::{Connection, Error, Settings};

/// What all connections to one cluster have in common.
#[derive(Debug, Default)]
pub(crate) struct Dial {
    pub(crate) tls: Option<Tls>,
}

impl Dial {
    /// A new connection to `address`, which requests name `host`, within `limit`.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        host: &str,
        settings: &Settings,
        limit: Duration,
    ) -> Result<Connection, Error> {
        let Settings { answer, unreachable, .. } = *settings;
        Connection::dial(address, host, self.tls.as_ref(), Patience { connect: limit, answer, unreachable })
            .await
    }
}
