//! A certification authority of one test, and what it signed, as files.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

/// PEM files; removed when dropped.
#[derive(Debug)]
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// An authority, a server's certificate for `localhost` and 127.0.0.1, and a client's.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn make() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for certificates")?;
        // A server may run as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let mut authority = CertificateParams::new([])?;
        // A certificate with the subject of its issuer would be taken for self-signed.
        authority.distinguished_name.push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        fs::write(folder.path().join("ca.crt"), authority.self_signed(&key)?.pem())?;
        let issuer = Issuer::new(authority, key);
        for (name, usage) in
            [("server", ExtendedKeyUsagePurpose::ServerAuth), ("client", ExtendedKeyUsagePurpose::ClientAuth)]
        {
            let mut leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
            leaf.distinguished_name.push(DnType::CommonName, name);
            // A member of a Redis Cluster is both at once.
            leaf.extended_key_usages = vec![usage, ExtendedKeyUsagePurpose::ClientAuth];
            leaf.extended_key_usages.dedup();
            let key = KeyPair::generate()?;
            fs::write(folder.path().join(format!("{name}.crt")), leaf.signed_by(&key, &issuer)?.pem())?;
            let path = folder.path().join(format!("{name}.key"));
            fs::write(&path, key.serialize_pem())?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        }
        Ok(Self { folder })
    }

    /// What the authority signs with, in public.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.file("ca.crt")
    }

    /// The server's certificate and its key.
    #[must_use]
    pub fn server(&self) -> (PathBuf, PathBuf) {
        (self.file("server.crt"), self.file("server.key"))
    }

    /// A client's certificate and its key.
    #[must_use]
    pub fn client(&self) -> (PathBuf, PathBuf) {
        (self.file("client.crt"), self.file("client.key"))
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}
