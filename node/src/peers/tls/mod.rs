//! Encryption of the links: both sides show a certificate that the cluster's authority signed.

mod any_member;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use cloakroom_node_config::PeerTls;
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, version};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use self::any_member::AnyMember;
use super::pipe::Stream;
use crate::tls::{Identity, Reloading, authority};

pub use crate::tls::TlsUnusable;

/// What is needed to open encrypted links.
#[derive(Debug)]
pub(super) struct Tls(Reloading<Configs>);

/// Both ends of a link.
#[derive(Clone)]
struct Configs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    pub(super) fn open(files: PeerTls) -> Result<Self, TlsUnusable> {
        let paths = [&files.cert_file, &files.key_file, &files.ca_file].map(Clone::clone);
        Reloading::open(paths.into(), move || Configs::read(&files)).map(Self)
    }

    pub(super) async fn connect(
        &self,
        socket: TcpStream,
        address: SocketAddr,
    ) -> io::Result<Box<dyn Stream>> {
        let connector = TlsConnector::from(self.0.current().client);
        // No certificate bears it: whoever has one of the authority's belongs to the cluster, and the hello tells who it is.
        let name = ServerName::IpAddress(address.ip().into());
        Ok(Box::new(connector.connect(name, socket).await?))
    }

    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        let acceptor = TlsAcceptor::from(self.0.current().server);
        Ok(Box::new(acceptor.accept(socket).await?))
    }
}

impl Configs {
    fn read(files: &PeerTls) -> Result<Self, TlsUnusable> {
        let provider = Arc::new(ring::default_provider());
        let Identity { chain, key } = Identity::read(&files.cert_file, &files.key_file)?;
        let authority = authority(&files.ca_file)?;
        let shown = Identity { chain: chain.clone(), key: key.clone_key() };
        Ok(Self {
            client: Arc::new(client(&provider, &authority, shown)?),
            server: Arc::new(server(&provider, authority, Identity { chain, key })?),
        })
    }
}

fn client(
    provider: &Arc<CryptoProvider>,
    authority: &Arc<RootCertStore>,
    Identity { chain, key }: Identity,
) -> Result<ClientConfig, TlsUnusable> {
    let verifier = AnyMember::new(Arc::clone(authority), provider);
    Ok(ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)?)
}

fn server(
    provider: &Arc<CryptoProvider>,
    authority: Arc<RootCertStore>,
    Identity { chain, key }: Identity,
) -> Result<ServerConfig, TlsUnusable> {
    let verifier = WebPkiClientVerifier::builder_with_provider(authority, Arc::clone(provider)).build()?;
    Ok(ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?)
}
