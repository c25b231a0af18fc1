//! Who signs certificates.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

/// What the certificates of nodes bear.
pub(crate) const NAME: &str = "node.example";

/// An authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// For how long a certificate is good.
#[derive(Clone, Copy)]
pub(crate) enum Good {
    Still,
    NoMore,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Puts this authority's certificate into `folder`, and gives its path.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        fs::write(&path, self.0.pem()).expect("a file of ours");
        path
    }

    /// Puts a new certificate and its key into `folder`, and gives their paths.
    pub(crate) fn sign(&self, folder: &Path, good: Good) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("a key");
        let names = [NAME.to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("names");
        if matches!(good, Good::NoMore) {
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let paths = (folder.join("cert.pem"), folder.join("key.pem"));
        fs::write(&paths.0, certificate.pem()).expect("a file of ours");
        fs::write(&paths.1, key.serialize_pem()).expect("a file of ours");
        paths
    }
}
