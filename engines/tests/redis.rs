//! Servers start, lose what they are told to lose, and are gone with their value.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cloakroom_engines::{
    Append, Certificates, Flavour, Proxy, Redis, RedisCluster, RedisOptions, Sentinels, TlsFiles,
};

fn start(options: &RedisOptions) -> Redis {
    Redis::start(options).unwrap()
}

fn get(server: &Redis, key: &str) -> Option<String> {
    server.ask(&["GET", key]).unwrap()
}

fn put(server: &Redis, key: &str) {
    server.ask::<()>(&["SET", key, "kept"]).unwrap();
}

#[test]
fn a_restart_keeps_what_was_on_disk_and_nothing_else() {
    for flavour in [Flavour::Redis, Flavour::Valkey] {
        for (append, kept) in [(Append::No, None), (Append::Always, Some("kept".to_owned()))] {
            let mut server = start(&RedisOptions { flavour, append, ..RedisOptions::default() });
            put(&server, "a");
            server.restart().unwrap();
            assert_eq!(get(&server, "a"), kept, "{flavour:?} {append:?}");
        }
    }
}

#[test]
fn a_paused_server_is_killed_all_the_same() {
    let server = start(&RedisOptions { password: Some("secret".to_owned()), ..RedisOptions::default() });
    put(&server, "a");
    server.pause();
    server.resume();
    assert_eq!(server.keys().unwrap(), 1);
    server.pause();
    let address = server.address();
    drop(server);
    std::net::TcpStream::connect(address).unwrap_err();
}

#[test]
fn a_cluster_gives_slots_away() {
    let cluster = RedisCluster::start(&RedisOptions::default(), 3).unwrap();
    let slot: usize = cluster.servers()[0].ask(&["CLUSTER", "KEYSLOT", "a"]).unwrap();
    let owner = slot * 3 / 16_384;
    put(&cluster.servers()[owner], "a");
    cluster.move_slot_of("a").unwrap();
    let moved = cluster.servers()[owner].ask::<String>(&["GET", "a"]).unwrap_err();
    assert!(format!("{moved:#}").contains("Moved"), "{moved:#}");
    assert_eq!(get(&cluster.servers()[(owner + 1) % 3], "a").as_deref(), Some("kept"));
}

#[test]
fn sentinels_put_the_replica_in_its_place() {
    let mut watched = Sentinels::start(&RedisOptions::default()).unwrap();
    put(watched.first(), "a");
    watched.first().ask::<u64>(&["WAIT", "1", "5000"]).unwrap();
    watched.fail_over().unwrap();
    assert_eq!(get(watched.second(), "a").as_deref(), Some("kept"));
}

#[test]
fn with_certificates_it_speaks_tls_only() {
    let certificates = Certificates::make().unwrap();
    let server = start(&RedisOptions { tls: Some(TlsFiles::from(&certificates)), ..RedisOptions::default() });
    server.keys().unwrap();
    // One that speaks no TLS is hung up on.
    let plain = redis::Client::open(format!("redis://{}", server.address())).unwrap();
    plain.get_connection().and_then(|mut it| redis::cmd("PING").exec(&mut it)).unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_proxy_loses_answers_and_not_requests() {
    let server = start(&RedisOptions::default());
    let proxy = Proxy::start(server.address()).await.unwrap();
    let ask = async |word: &'static str| {
        let info = format!("redis://{}", proxy.address());
        let mut connection = redis::Client::open(info)?.get_multiplexed_async_connection().await?;
        if word == "swallowed" {
            proxy.swallow_answers();
        }
        redis::cmd("SET").arg(word).arg("").exec_async(&mut connection).await
    };
    ask("passed").await.unwrap();
    ask("swallowed").await.unwrap_err();
    assert_eq!(server.keys().unwrap(), 2);
    proxy.restore();
    proxy.cut();
    ask("cut").await.unwrap_err();
    proxy.restore();
    ask("restored").await.unwrap();
    assert_eq!(server.keys().unwrap(), 3);
}
