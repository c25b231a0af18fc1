//! Encryption of the state port.

use std::io;
use std::sync::Arc;

use cloakroom_node_config::StateTls;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::server::TlsStream;

use crate::tls::{Identity, Reloading, TlsUnusable, authority};

/// What is needed to accept encrypted connections.
#[derive(Debug)]
pub(crate) struct Tls(Reloading<Arc<ServerConfig>>);

impl Tls {
    /// Reads the files of `config`.
    ///
    /// # Errors
    /// [`TlsUnusable`].
    pub(crate) fn open(config: &StateTls) -> Result<Self, TlsUnusable> {
        let files = [Some(&config.cert_file), Some(&config.key_file), config.ca_file.as_ref()];
        let files = files.into_iter().flatten().cloned().collect();
        let config = config.clone();
        Reloading::open(files, move || read(&config)).map(Self)
    }

    /// Shakes hands.
    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.0.current()).accept(socket).await
    }
}

fn read(config: &StateTls) -> Result<Arc<ServerConfig>, TlsUnusable> {
    let provider = Arc::new(ring::default_provider());
    let Identity { chain, key } = Identity::read(&config.cert_file, &config.key_file)?;
    let greeting =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let greeting = match &config.ca_file {
        None => greeting.with_no_client_auth(),
        Some(ca_file) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(authority(ca_file)?, provider);
            greeting.with_client_cert_verifier(verifier.build()?)
        }
    };
    let mut config = greeting.with_single_cert(chain, key)?;
    // Clients keep connections in a pool and look at the socket before they use one again: a ticket that nobody asked for
    // would look like the end.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
