//! Encryption on the way to the server, whose certificate is always checked.

use std::path::Path;
use std::sync::Arc;

use cloakroom_node_config::EngineTls;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::backing::secrets::Pem;
use crate::backing::{Fault, FaultKind};

/// What the files say now.
pub(super) fn client_config(files: &EngineTls) -> Result<ClientConfig, Fault> {
    let pem = Pem::read(files)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots(files.ca_file.as_deref(), pem.authority.as_deref())?);
    let (Some((chain, key)), Some(chain_file), Some(key_file)) = (pem.own, &files.cert_file, &files.key_file)
    else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(chain_file, &chain)?;
    let key =
        PrivateKeyDer::from_pem_slice(&key).map_err(|error| not_pem(key_file, "private key", &error))?;
    builder.with_client_auth_cert(chain, key).map_err(unusable)
}

/// Who may sign the server's certificate.
fn roots(file: Option<&Path>, authority: Option<&[u8]>) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    if let (Some(file), Some(authority)) = (file, authority) {
        for certificate in certificates(file, authority)? {
            roots.add(certificate).map_err(unusable)?;
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let message = "this machine trusts no authority; name one with tls.caFile";
        return Err(Fault::new(FaultKind::Refused, message));
    }
    Ok(roots)
}

fn certificates(file: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(not_pem(file, "certificate", &pem::Error::NoItemsFound))
        }
        certificates => certificates.map_err(|error| not_pem(file, "certificate", &error)),
    }
}

fn not_pem(file: &Path, what: &str, error: &pem::Error) -> Fault {
    let message = format_args!("{} is no PEM file with a {what}: {error}", file.display());
    Fault::new(FaultKind::Refused, message)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unusable(error: tokio_rustls::rustls::Error) -> Fault {
    Fault::new(FaultKind::Refused, format_args!("the certificates of tls cannot be used: {error}"))
}
