//! Engines that speak TLS and want to see a certificate.

use std::fs;
use std::net::SocketAddr;

use cloakroom_engines::{Certificates, Flavour, Redis, RedisCluster, RedisOptions, Sentinels, TlsFiles};
use cloakroom_node::backing::{Fault, FaultKind};
use cloakroom_node_config::{EngineTls, RedisTopology};

use super::{config, tls, with};
use crate::check::another;

/// What a node that is told these hears.
async fn ask(redis: &Redis, host: &str, tls: Option<EngineTls>) -> Result<(), Fault> {
    let config = with(config(RedisTopology::Standalone, &[redis.address()]), |redis| {
        redis.addresses[0] = redis.addresses[0].replace("127.0.0.1", host);
        redis.tls = tls;
    });
    another(&config).probe().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_certificates_are_accepted() {
    let (right, others) = (Certificates::make().unwrap(), Certificates::make().unwrap());
    let options = RedisOptions { tls: Some(TlsFiles::from(&right)), ..RedisOptions::default() };
    let redis = Redis::start(&options).unwrap();
    let well = tls(&right, &right);
    ask(&redis, "127.0.0.1", Some(well.clone())).await.unwrap();
    ask(&redis, "localhost", Some(well.clone())).await.unwrap();
    // A name that leads nowhere, and that the certificate bears.
    let named = EngineTls { server_name: Some("localhost".to_owned()), ..well.clone() };
    ask(&redis, "127.0.0.1", Some(named)).await.unwrap();
    for (name, wrong) in [
        ("another authority", Some(tls(&others, &right))),
        ("another authority's client", Some(tls(&right, &others))),
        ("no client", Some(EngineTls { cert_file: None, key_file: None, ..well.clone() })),
        ("another name", Some(EngineTls { server_name: Some("redis.example".to_owned()), ..well.clone() })),
        ("the machine's authorities", Some(EngineTls { ca_file: None, ..well.clone() })),
        ("no TLS", None),
    ] {
        let fault = ask(&redis, "127.0.0.1", wrong).await.expect_err(name);
        assert_eq!(fault.kind, FaultKind::Unreachable, "{name}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_and_sentinels_are_shown_passwords_and_certificates_too() {
    let certificates = Certificates::make().unwrap();
    let options = RedisOptions {
        flavour: Flavour::Redis,
        password: Some("say \"friend\"".to_owned()),
        tls: Some(TlsFiles::from(&certificates)),
        ..RedisOptions::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, word: &str| {
        fs::write(folder.path().join(name), word).unwrap();
        Some(folder.path().join(name))
    };
    let (right, wrong) = (file("right", "say \"friend\""), file("wrong", "friend"));
    let sentinels = Sentinels::start(&options).unwrap();
    let cluster = RedisCluster::start(&options, 3).unwrap();
    let ask = async |topology, addresses: &[SocketAddr], password: &Option<_>, watch: &Option<_>| {
        let config = with(config(topology, addresses), |redis| {
            redis.master_name =
                (topology == RedisTopology::Sentinel).then(|| sentinels.master_name().to_owned());
            redis.password_file.clone_from(password);
            redis.sentinel_password_file.clone_from(watch);
            redis.tls = Some(tls(&certificates, &certificates));
        });
        another(&config).probe().await
    };
    let (members, watchers) = (cluster.addresses(), sentinels.addresses());
    ask(RedisTopology::Cluster, &members, &right, &None).await.unwrap();
    ask(RedisTopology::Sentinel, &watchers, &right, &right).await.unwrap();
    ask(RedisTopology::Cluster, &members, &wrong, &None).await.unwrap_err();
    ask(RedisTopology::Sentinel, &watchers, &wrong, &right).await.unwrap_err();
    ask(RedisTopology::Sentinel, &watchers, &right, &wrong).await.unwrap_err();
}
