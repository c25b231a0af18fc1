//! Encryption of the links: both sides show a certificate that the cluster's authority signed.
//!
//! The files are looked at whenever a link is opened and read again when one has changed, so that
//! certificates are replaced without a restart. Open links go on with the old ones.

mod any_member;
mod files;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use cloakroom_node_config::PeerTls;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub use self::files::TlsUnusable;

use self::files::{Configs, Stamp};
use super::pipe::Stream;

/// What is needed to open encrypted links.
#[derive(Debug)]
pub(super) struct Tls {
    files: PeerTls,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    stamp: Stamp,
    configs: Configs,
}

impl Tls {
    /// Reads the files.
    pub(super) fn open(files: PeerTls) -> Result<Self, TlsUnusable> {
        let stamp = Stamp::of(&files);
        let configs = Configs::read(&files)?;
        Ok(Self { files, current: Mutex::new(Current { stamp, configs }) })
    }

    pub(super) async fn connect(
        &self,
        socket: TcpStream,
        address: SocketAddr,
    ) -> io::Result<Box<dyn Stream>> {
        let connector = TlsConnector::from(Arc::clone(&self.configs().client));
        // No certificate bears it: whoever has one of the authority's belongs to the cluster, and the hello tells who it is.
        let name = ServerName::IpAddress(address.ip().into());
        Ok(Box::new(connector.connect(name, socket).await?))
    }

    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.configs().server));
        Ok(Box::new(acceptor.accept(socket).await?))
    }

    /// What the files say now, or what they said when they were last usable.
    fn configs(&self) -> Configs {
        let mut current = self.current.lock();
        let stamp = Stamp::of(&self.files);
        if stamp != current.stamp {
            current.stamp = stamp;
            match Configs::read(&self.files) {
                Ok(configs) => {
                    tracing::info!("the files of peerTls have changed; links opened from now on use them");
                    current.configs = configs;
                }
                Err(error) => {
                    tracing::error!(%error, "the files of peerTls have changed and are not usable; going on with what they were");
                }
            }
        }
        current.configs.clone()
    }
}
