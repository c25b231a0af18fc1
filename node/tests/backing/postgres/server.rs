//! One server, as a user who may do no more than a node needs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use cloakroom_engines::{Postgres, PostgresOptions, Proxy};
use cloakroom_node::backing::FaultKind;
use cloakroom_node_config::BackingStore;
use parking_lot::Mutex;

use super::{config, patient, with};
use crate::cases;
use crate::check::{World, check};
use crate::engine::{Engine, Trouble};
use crate::eventually::until;
use crate::sample::{mark, row};

/// What a node needs. Printed in the documentation.
const RIGHTS: &str =
    "CREATE ROLE cloakroom LOGIN PASSWORD 'right'; GRANT CREATE ON DATABASE cloakroom TO cloakroom";
/// The server's own log has segments of this size.
const LEAST_FILE: u64 = 1 << 20;

pub(super) struct Server {
    postgres: Mutex<Postgres>,
    proxy: Proxy,
    folder: tempfile::TempDir,
}

impl Server {
    /// With the tables of a node that has been there.
    pub(super) async fn start() -> Arc<Self> {
        let server = Self::start_empty().await;
        let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
        until(Result::is_ok, async || world.store.probe().await).await.unwrap();
        server
    }

    pub(super) async fn start_empty() -> Arc<Self> {
        let options = PostgresOptions { password: Some("admin's".to_owned()), ..PostgresOptions::default() };
        let postgres = Postgres::start(&options).unwrap();
        postgres.ask(RIGHTS).unwrap();
        let proxy = Proxy::start(postgres.address()).await.unwrap();
        let server = Self { postgres: Mutex::new(postgres), proxy, folder: tempfile::tempdir().unwrap() };
        fs::write(server.file("username"), "cloakroom\n").unwrap();
        fs::write(server.file("password"), "right\n").unwrap();
        Arc::new(server)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// As the administrator.
    pub(super) fn ask(&self, sql: &str) -> String {
        self.postgres.lock().ask(sql).unwrap()
    }

    /// A statement that takes its time, by a client of its own.
    pub(super) fn ask_beside(self: &Arc<Self>, sql: &'static str) -> std::thread::JoinHandle<String> {
        let mut client = self.postgres.lock().client(sql).unwrap();
        std::thread::spawn(move || String::from_utf8(client.output().unwrap().stdout).unwrap())
    }

    /// So small that no table can grow by a mebibyte.
    fn fill(&self, postgres: &Postgres) {
        postgres.ask("VACUUM FULL cloakroom.sessions").unwrap();
        let bodies =
            "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'cloakroom.sessions'::regclass";
        let bodies: u64 = postgres.ask(bodies).unwrap().parse().unwrap();
        postgres.limit_files(Some(bodies.max(LEAST_FILE))).unwrap();
    }
}

impl Engine for Server {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn config(&self) -> BackingStore {
        with(config(self.proxy.address(), &self.file("username")), |postgres| {
            postgres.password_file = Some(self.file("password"));
        })
    }

    fn proxy(&self) -> Option<&Proxy> {
        Some(&self.proxy)
    }

    fn can(&self, _: Trouble) -> bool {
        true
    }

    fn trouble(&self, trouble: Trouble, on: bool) {
        let mut postgres = self.postgres.lock();
        match (trouble, on) {
            (Trouble::Gone, true) => postgres.kill(),
            (Trouble::Gone, false) => postgres.restart().unwrap(),
            (Trouble::Frozen, true) => postgres.pause(),
            (Trouble::Frozen, false) => postgres.resume(),
            (Trouble::ReadOnly, on) => {
                postgres.ask(&format!("ALTER SYSTEM SET default_transaction_read_only = {on}")).unwrap();
                postgres.ask("SELECT pg_reload_conf()").unwrap();
            }
            (Trouble::Full, true) => self.fill(&postgres),
            (Trouble::Full, false) => postgres.limit_files(None).unwrap(),
            (Trouble::Password, on) => {
                fs::write(self.file("password"), if on { "wrong\n" } else { "right\n" }).unwrap();
            }
        }
    }

    fn held(&self) -> u64 {
        self.ask("SELECT count(*) FROM cloakroom.sessions").parse().unwrap()
    }

    /// Columns have types.
    fn write_foreign(&self, _: &str, _: &[u8]) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    check(Server::start().await, &cases::all()).await;
}

/// It may be behind: that it does not know a session means nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_is_not_even_read() {
    let server = Server::start().await;
    let standby = server.postgres.lock().start_standby().unwrap();
    let replica = BackingStore {
        postgres: with(config(standby.address(), &server.file("username")), |postgres| {
            postgres.password_file = Some(server.file("password"));
        })
        .postgres,
        ..server.config()
    };
    let store = crate::check::another(&patient(replica));
    let fault = store.claim(b"key", 0).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::ReadOnly, "{fault}");
    // Promoted, it is as good as any.
    standby.ask("SELECT pg_promote()").unwrap();
    until(Result::is_ok, async || store.probe().await).await.unwrap();
    assert_eq!(store.claim(b"key", 0).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_are_in_use_again_after_they_were_cut_one_by_one() {
    let server = Server::start().await;
    let world = World::new(Arc::clone(&server) as Arc<dyn Engine>);
    world.put(mark(1, 1), row(b"key", b"body")).await;
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cloakroom-node'";
    let all = until(|count| *count == "3", async || server.ask(count)).await;
    for _ in 0..3 {
        server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cloakroom-node' LIMIT 1");
    }
    until(|answer| *answer == Ok(()), async || world.store.probe().await).await.unwrap();
    until(|count| *count == all, async || server.ask(count)).await;
    assert_eq!(world.body(b"key").await, (mark(1, 1), b"body".to_vec()));
}
