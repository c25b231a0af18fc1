//! From certificate files to what rustls wants.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::VerifierBuilderError;
use tokio_rustls::rustls::{Error, RootCertStore};

/// Why configured certificate files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsUnusable {
    /// It is not there, or not readable for this process.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// It holds something else.
    #[error("{} is no PEM file with the {what} that is expected there: {error}", path.display())]
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
    #[error("certFile, keyFile and caFile do not go together: {0}")]
    NoMatch(#[from] Error),
    /// The authority's certificate cannot be used to check others.
    #[error("caFile cannot be used to check certificates: {0}")]
    NoAuthority(#[from] VerifierBuilderError),
}

/// What a node shows of itself, and proves.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn read(cert_file: &Path, key_file: &Path) -> Result<Self, TlsUnusable> {
        let chain = certificates(cert_file, "certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&read(key_file)?)
            .map_err(|error| not_pem(key_file, "private key", error))?;
        Ok(Self { chain, key })
    }
}

/// Who may have signed the certificates of others.
pub(crate) fn authority(ca_file: &Path) -> Result<Arc<RootCertStore>, TlsUnusable> {
    let mut authority = RootCertStore::empty();
    for certificate in certificates(ca_file, "authority's certificate")? {
        authority.add(certificate)?;
    }
    Ok(Arc::new(authority))
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
