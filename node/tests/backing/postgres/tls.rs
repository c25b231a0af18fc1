//! PostgreSQL that speaks TLS and wants to see a certificate.

use std::fs;
use std::path::Path;

use cloakroom_engines::{Certificates, Postgres, PostgresOptions, TlsFiles};
use cloakroom_node::backing::{Fault, FaultKind};
use cloakroom_node_config::EngineTls;

use super::{config, patient, with};
use crate::check::another;

/// What a node that is told these hears.
async fn ask(postgres: &Postgres, username: &Path, tls: Option<EngineTls>) -> Result<(), Fault> {
    another(&patient(with(config(postgres.address(), username), |postgres| postgres.tls = tls))).probe().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_certificates_are_accepted() {
    let (right, others) = (Certificates::make().unwrap(), Certificates::make().unwrap());
    let options = PostgresOptions { tls: Some(TlsFiles::from(&right)), ..PostgresOptions::default() };
    let postgres = Postgres::start(&options).unwrap();
    let username = tempfile::NamedTempFile::new().unwrap();
    fs::write(&username, "postgres").unwrap();
    let tls = |authority: &Certificates, client: &Certificates| {
        let (cert_file, key_file) = client.client();
        EngineTls {
            ca_file: Some(authority.authority()),
            cert_file: Some(cert_file),
            key_file: Some(key_file),
            server_name: None,
        }
    };
    let well = tls(&right, &right);
    ask(&postgres, username.path(), Some(well.clone())).await.unwrap();
    let named = EngineTls { server_name: Some("localhost".to_owned()), ..well.clone() };
    ask(&postgres, username.path(), Some(named)).await.unwrap();
    let no_client = EngineTls { cert_file: None, key_file: None, ..well.clone() };
    for (name, wrong, kind) in [
        ("another authority", Some(tls(&others, &right)), FaultKind::Unreachable),
        ("another authority's client", Some(tls(&right, &others)), FaultKind::Unreachable),
        ("no client", Some(no_client), FaultKind::Refused),
        (
            "another name",
            Some(EngineTls { server_name: Some("engine.example".to_owned()), ..well.clone() }),
            FaultKind::Unreachable,
        ),
        ("no TLS", None, FaultKind::Refused),
        (
            "no certificate in the file",
            Some(EngineTls { ca_file: Some(username.path().to_owned()), ..well }),
            FaultKind::Refused,
        ),
    ] {
        let fault = ask(&postgres, username.path(), wrong).await.expect_err(name);
        assert_eq!(fault.kind, kind, "{name}: {fault}");
    }
}
