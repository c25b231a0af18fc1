//! Encryption of connections to nodes, and who may be at the other end.
//!
//! The files are looked at whenever a connection is opened and read again when one has changed, so that certificates
//! are replaced without a restart. Open connections go on with the old ones.

mod error;
mod files;

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::stream::Stream;

pub use error::TlsError;
pub use files::TlsFiles;

use files::Stamp;

/// What is needed to open encrypted connections: TLS 1.3, or 1.2 where the server knows no better.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    server_name: Option<ServerName<'static>>,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    stamp: Stamp,
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A [`TlsError`] says which of them cannot be used and why.
    pub fn new(files: TlsFiles) -> Result<Self, TlsError> {
        let server_name = files.server_name.as_deref().map(parse_name).transpose()?;
        let current = Current { stamp: Stamp::of(&files), config: Arc::new(files.read()?) };
        Ok(Self { files, server_name, current: Mutex::new(current) })
    }

    /// Shakes hands with a server that must prove to be `host`, unless the files name another.
    pub(crate) async fn connect(&self, socket: TcpStream, host: &str) -> io::Result<Stream> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => parse_name(host).map_err(io::Error::other)?,
        };
        let connector = TlsConnector::from(self.config());
        Ok(Stream::Encrypted(Box::new(connector.connect(name, socket).await?)))
    }

    /// What the files say now, or what they said when they were last usable.
    fn config(&self) -> Arc<ClientConfig> {
        let mut current = self.current.lock();
        let stamp = Stamp::of(&self.files);
        if stamp != current.stamp {
            current.stamp = stamp;
            match self.files.read() {
                Ok(config) => {
                    tracing::info!("certificate files have changed; connections opened from now on use them");
                    current.config = Arc::new(config);
                }
                Err(error) => {
                    tracing::error!(%error, "certificate files have changed and are not usable; going on with what they were");
                }
            }
        }
        Arc::clone(&current.config)
    }
}

fn parse_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::ServerName(name.to_owned()))
}
