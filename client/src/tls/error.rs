//! Why certificates cannot be used.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::pem;

/// Why certificates cannot be used, and what is expected instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// It is not there, or not readable for this process.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} is no PEM file with the {what} that is expected there: {source}", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Each can be read, and together they make no sense.
    #[error("the certificate files do not go together: {0}")]
    NoMatch(#[from] rustls::Error),
    /// No authority is trusted.
    #[error("this system trusts no certificate authority: name the file with the one of your nodes (ca)")]
    NoAuthority,
    /// No name that a certificate could bear.
    #[error(
        "{0:?} is no name of a server: write what its certificate bears, such as shop.example or 10.0.0.1"
    )]
    ServerName(String),
}
