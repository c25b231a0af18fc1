//! Encrypted links: certificates of one authority, and their replacement.

use std::fs;
use std::path::Path;

use cloakroom_node::metrics::{HelloRefused, Metrics};
use cloakroom_node::peers::{NoAnswer, PeersConfig, TcpPeers};
use cloakroom_node_config::PeerTls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::node::{TestNode, beacon, eventually, named};

/// Who signs the certificates of a cluster's nodes.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Puts a new certificate, its key and this authority's certificate into `folder`.
    fn write(&self, folder: &Path) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["a-node".to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
        fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        fs::write(folder.join("ca.pem"), self.0.pem()).unwrap();
    }
}

fn encrypted(name: &str, folder: &Path) -> PeersConfig {
    let tls = PeerTls {
        cert_file: folder.join("cert.pem"),
        key_file: folder.join("key.pem"),
        ca_file: folder.join("ca.pem"),
    };
    PeersConfig { tls: Some(tls), ..named(name) }
}

async fn refused(me: &TestNode, other: &TestNode) {
    assert_eq!(me.ask(&other.member, beacon()).await, Err(NoAnswer::NotSent));
}

#[tokio::test]
async fn nodes_with_certificates_of_one_authority() {
    let (authority, folders) = (Authority::new(), [TempDir::new().unwrap(), TempDir::new().unwrap()]);
    folders.iter().for_each(|folder| authority.write(folder.path()));
    let me = TestNode::echo(encrypted("me", folders[0].path()));
    let other = TestNode::echo(encrypted("other", folders[1].path()));
    me.ask(&other.member, beacon()).await.unwrap();
}

#[tokio::test]
async fn another_authority_and_plain_text_are_refused() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    folders.iter().for_each(|folder| Authority::new().write(folder.path()));
    let me = TestNode::echo(encrypted("me", folders[0].path()));
    let other = TestNode::echo(encrypted("other", folders[1].path()));
    refused(&me, &other).await;
    eventually(async || other.metrics.peer_hellos_refused.get(HelloRefused::Tls) == 1).await;
    assert_eq!(me.metrics.peer_hellos_refused.get(HelloRefused::Tls), 1);

    refused(&TestNode::echo(named("plain")), &other).await;
    eventually(async || other.metrics.peer_hellos_refused.get(HelloRefused::Tls) == 2).await;
    let plain = TestNode::echo(named("plain"));
    refused(&other, &plain).await;
    eventually(async || plain.metrics.peer_hellos_refused.get(HelloRefused::NotAPeer) == 1).await;
}

#[tokio::test]
async fn an_asker_without_a_certificate_of_the_authority_is_refused() {
    let (authority, folders) = (Authority::new(), [TempDir::new().unwrap(), TempDir::new().unwrap()]);
    folders.iter().for_each(|folder| authority.write(folder.path()));
    // It trusts the right authority, and shows a certificate of its own.
    let (own, elsewhere) = (Authority::new(), TempDir::new().unwrap());
    own.write(elsewhere.path());
    for file in ["cert.pem", "key.pem"] {
        fs::copy(elsewhere.path().join(file), folders[0].path().join(file)).unwrap();
    }
    let me = TestNode::echo(encrypted("me", folders[0].path()));
    let other =
        TestNode::start(encrypted("other", folders[1].path()), |_, _| async { panic!("it was not meant") });
    refused(&me, &other).await;
    eventually(async || other.metrics.peer_hellos_refused.get(HelloRefused::Tls) == 1).await;
}

#[tokio::test]
async fn replaced_files_are_used_for_the_next_link_and_bad_ones_are_not() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let before = Authority::new();
    folders.iter().for_each(|folder| before.write(folder.path()));
    let me = TestNode::echo(encrypted("me", folders[0].path()));
    let other = || TestNode::echo(encrypted("other", folders[1].path()));

    fs::write(folders[0].path().join("cert.pem"), "no certificate").unwrap();
    let first = other();
    me.ask(&first.member, beacon()).await.unwrap();

    let after = Authority::new();
    after.write(folders[1].path());
    // Its own are still the ones before; the open link goes on.
    me.ask(&first.member, beacon()).await.unwrap();
    refused(&me, &other()).await;
    after.write(folders[0].path());
    me.ask(&other().member, beacon()).await.unwrap();
}

/// What a node says that is started with `spoil`ed files.
fn check_unusable(spoil: impl Fn(&Path), says: &str) {
    let folder = TempDir::new().unwrap();
    Authority::new().write(folder.path());
    spoil(folder.path());
    let config = encrypted("me", folder.path());
    let unusable = TcpPeers::new(config, Metrics::new("test", 0).into()).unwrap_err().to_string();
    assert!(unusable.contains(says), "{unusable}");
}

#[test]
fn a_node_with_unusable_files_does_not_start_and_says_which() {
    let missing = |file: &'static str| move |folder: &Path| fs::remove_file(folder.join(file)).unwrap();
    let empty = |file: &'static str| move |folder: &Path| fs::write(folder.join(file), "").unwrap();
    check_unusable(missing("cert.pem"), "cert.pem");
    check_unusable(missing("key.pem"), "key.pem");
    check_unusable(missing("ca.pem"), "ca.pem");
    check_unusable(empty("cert.pem"), "certificate");
    check_unusable(empty("key.pem"), "private key");
    check_unusable(empty("ca.pem"), "authority's certificate");
    let another_key = |folder: &Path| {
        fs::write(folder.join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    };
    check_unusable(another_key, "do not go together");
}
