//! The cluster's keys: one authority, and a certificate for each party, which says by its name and groups what
//! it may do. They are made anew for each cluster and die with it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

use super::names;

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Who signs.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut params = params("cloakroom-cluster", None, &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// The authority's own certificate, PEM.
    pub(crate) fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For a party that asks: `user` of `group`, as RBAC knows them.
    pub(crate) fn client(&self, user: &str, group: Option<&str>) -> anyhow::Result<Pair> {
        let mut params = params(user, group, &[])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    /// For the API server, by every name that it is reached by.
    pub(crate) fn api_server(&self) -> anyhow::Result<Pair> {
        let service = format!("kubernetes.default.svc.{}", names::DOMAIN);
        let node = names::NODE_ADDRESS.to_string();
        let address = names::API_SERVICE_ADDRESS.to_string();
        let known_as = [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            &service,
            &node,
            &address,
            "127.0.0.1",
        ];
        let mut params = params("kube-apiserver", None, &known_as)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> anyhow::Result<Pair> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// The pair that service account tokens are signed and checked with: private and public key, PEM.
pub(crate) fn token_keys() -> anyhow::Result<(String, String)> {
    let key = KeyPair::generate()?;
    Ok((key.serialize_pem(), key.public_key_pem()))
}

/// Writes what only its owner may read.
pub(crate) fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let describe = || format!("cannot write {}", path.display());
    fs::write(path, text).with_context(describe)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).with_context(describe)
}

fn params(name: &str, group: Option<&str>, known_as: &[&str]) -> anyhow::Result<CertificateParams> {
    let mut params =
        CertificateParams::new(known_as.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(params)
}
