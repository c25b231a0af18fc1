//! PostgreSQL starts, is paused, killed, started again, followed and filled up.

use cloakroom_engines::{Postgres, PostgresOptions};

#[test]
fn it_keeps_what_it_was_told_when_it_is_killed() {
    let mut server = Postgres::start(&PostgresOptions::default()).unwrap();
    server.ask("CREATE TABLE t (n int); INSERT INTO t VALUES (7)").unwrap();
    let before = server.address();
    server.kill();
    assert!(server.ask("SELECT 1").is_err());
    server.restart().unwrap();
    assert_eq!(server.ask("SELECT n FROM t").unwrap(), "7");
    assert_eq!(server.address(), before);
}

#[test]
fn a_standby_follows_and_takes_no_writes() {
    let primary = Postgres::start(&PostgresOptions::default()).unwrap();
    let standby = primary.start_standby().unwrap();
    assert_eq!(standby.ask("SELECT pg_is_in_recovery()").unwrap(), "t");
    let refused = standby.ask("CREATE TABLE t (n int)").unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
}

#[test]
fn a_limit_on_files_is_a_full_disk() {
    let server = Postgres::start(&PostgresOptions::default()).unwrap();
    server.ask("CREATE TABLE t (b text); ALTER TABLE t ALTER b SET STORAGE EXTERNAL").unwrap();
    let fill = "INSERT INTO t SELECT repeat('x', 100000) FROM generate_series(1, 100)";
    server.limit_files(Some(4 << 20)).unwrap();
    let refused = server.ask(fill).unwrap_err().to_string();
    assert!(refused.contains("could not extend file"), "{refused}");
    server.limit_files(None).unwrap();
    server.ask(fill).unwrap();
    assert_eq!(server.ask("SELECT count(*) FROM t").unwrap(), "100");
}
