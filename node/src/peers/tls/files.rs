//! From certificate files to what rustls wants.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use cloakroom_node_config::PeerTls;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore, ServerConfig, version};

use super::any_member::AnyMember;

/// Why the files of `peerTls` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsUnusable {
    /// It is not there, or not readable for this process.
    #[error("cannot read {} (peerTls): {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// It holds something else.
    #[error("{} (peerTls) is no PEM file with the {what} that is expected there: {error}", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        error: pem::Error,
    },
    /// Each can be read, and together they make no sense.
    #[error("certFile, keyFile and caFile of peerTls do not go together: {0}")]
    NoMatch(#[from] Error),
    /// The authority's certificate cannot be used to check others.
    #[error("caFile of peerTls cannot be used to check certificates: {0}")]
    NoAuthority(#[from] VerifierBuilderError),
}

/// Tells whether a file was changed. What is compared are the files themselves, wherever links lead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<(SystemTime, u64)>; 3]);

impl Stamp {
    pub(super) fn of(files: &PeerTls) -> Self {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self([&files.cert_file, &files.key_file, &files.ca_file].map(|path| stamp(path)))
    }
}

/// Both ends of a link.
#[derive(Clone, Debug)]
pub(super) struct Configs {
    pub(super) client: Arc<ClientConfig>,
    pub(super) server: Arc<ServerConfig>,
}

impl Configs {
    pub(super) fn read(files: &PeerTls) -> Result<Self, TlsUnusable> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&files.cert_file, "certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&read(&files.key_file)?)
            .map_err(|error| not_pem(&files.key_file, "private key", error))?;
        let mut authority = RootCertStore::empty();
        for certificate in certificates(&files.ca_file, "authority's certificate")? {
            authority.add(certificate)?;
        }
        let authority = Arc::new(authority);
        Ok(Self {
            client: Arc::new(client(&provider, &authority, chain.clone(), key.clone_key())?),
            server: Arc::new(server(&provider, authority, chain, key)?),
        })
    }
}

fn client(
    provider: &Arc<CryptoProvider>,
    authority: &Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, Error> {
    let verifier = AnyMember::new(Arc::clone(authority), provider);
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)
}

fn server(
    provider: &Arc<CryptoProvider>,
    authority: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsUnusable> {
    let verifier = WebPkiClientVerifier::builder_with_provider(authority, Arc::clone(provider)).build()?;
    Ok(ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?)
}

fn certificates(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsUnusable> {
    let text = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(not_pem(path, what, pem::Error::NoItemsFound)),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(not_pem(path, what, error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsUnusable> {
    fs::read(path).map_err(|error| TlsUnusable::Unreadable { path: path.to_owned(), error })
}

fn not_pem(path: &Path, what: &'static str, error: pem::Error) -> TlsUnusable {
    TlsUnusable::NotPem { path: path.to_owned(), what, error }
}
