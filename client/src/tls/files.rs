//! From certificate files to what rustls wants.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::TlsError;

/// Which files to go by, all of them PEM. Secrets stay in files; nothing of them is ever shown.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// The authorities that may have signed a server's certificate; those that the system trusts if absent.
    pub ca: Option<PathBuf>,
    /// This client's own certificate with what leads to its authority, and its private key; for servers that ask.
    pub cert_and_key: Option<(PathBuf, PathBuf)>,
    /// The name that a server's certificate must bear; that of the host connected to if absent. Nodes that are reached
    /// by address usually share one certificate and one name.
    pub server_name: Option<String>,
}

/// Tells whether a file was changed. What is compared are the files themselves, wherever links lead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp(Vec<Option<(SystemTime, u64)>>);

impl Stamp {
    pub(super) fn of(files: &TlsFiles) -> Self {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        let own = files.cert_and_key.iter().flat_map(|(certificate, key)| [certificate, key]);
        Self(files.ca.iter().chain(own).map(stamp).collect())
    }
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<ClientConfig, TlsError> {
        let trusting = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.authorities()?);
        let Some((certificate, key)) = &self.cert_and_key else {
            return Ok(trusting.with_no_client_auth());
        };
        let chain = certificates(certificate, "certificate")?;
        let key =
            PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| not_pem(key, "private key", error))?;
        Ok(trusting.with_client_auth_cert(chain, key)?)
    }

    fn authorities(&self) -> Result<RootCertStore, TlsError> {
        let mut authorities = RootCertStore::empty();
        match &self.ca {
            Some(path) => {
                for certificate in certificates(path, "authority's certificate")? {
                    authorities.add(certificate)?;
                }
            }
            None => {
                // Some of a system's own are often beyond what rustls reads.
                authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if authorities.is_empty() { Err(TlsError::NoAuthority) } else { Ok(authorities) }
    }
}

fn certificates(path: &Path, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(not_pem(path, what, pem::Error::NoItemsFound)),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(not_pem(path, what, error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn not_pem(path: &Path, what: &'static str, source: pem::Error) -> TlsError {
    TlsError::NotPem { path: path.to_owned(), what, source }
}
