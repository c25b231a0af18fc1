//! Rows of configuration text and what becomes of it.

mod data_centre;
mod state_tls;

use std::collections::BTreeMap;

use crate::NodeConfig;
use data_centre::{EAST, shared};

/// Reads `yaml` and judges it: the effective YAML, or every complaint, one a line.
fn read(yaml: &str) -> Result<NodeConfig, String> {
    let config = NodeConfig::from_yaml(yaml).map_err(|error| error.to_string())?;
    match config.validate() {
        Ok(()) => Ok(config),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// `yaml` is accepted and written back with `line` in it.
#[track_caller]
fn check(yaml: &str, line: &str) {
    let written = read(yaml).unwrap().to_yaml();
    assert!(written.lines().any(|found| found.trim() == line), "{yaml:?} gives\n{written}without {line:?}");
}

/// `yaml` is refused with a message in which all of `parts` occur.
#[track_caller]
fn check_refused(yaml: &str, parts: &[&str]) {
    let message = read(yaml).unwrap_err();
    for part in parts {
        assert!(message.contains(part), "{yaml:?} gives {message:?} without {part:?}");
    }
}

#[test]
fn everything_may_be_left_out() {
    assert_eq!(read("").unwrap(), NodeConfig::default());
    assert_eq!(read("# nothing but a comment\n").unwrap(), NodeConfig::default());
    assert_eq!(read("limits: {}\njournal: {}\nlog: {}\n").unwrap(), NodeConfig::default());
}

#[test]
fn defaults_are_the_documented_ones() {
    let expected = "\
dataDir: ./cloakroom-data
stateListen: 127.0.0.1:42424
adminListen: 127.0.0.1:9424
peerListen: 127.0.0.1:42425
handOff:
  bytesPerSecond: 20MiB
  inFlightBytes: 16MiB
allowPlaintext: false
acknowledge: disk
commitWindow: 100ms
hotTier: 256MiB
limits:
  connections: 10000
  connectionsPerSource: 2000
  headBytes: 16KiB
  bodyBytes: 64MiB
  inFlightBytes: 256MiB
  headTimeout: 5s
  bodyBytesPerSecond: 10KiB
  writeStall: 30s
  idleTimeout: 2m
  lifetimeMax: 30days
journal:
  segmentBytes: 64MiB
  queueBytes: 64MiB
  compress: true
  compressThreshold: 1KiB
  checkpointBytes: 256MiB
  compactBytesPerSecond: 32MiB
aspnetVersion: 4.0.30319
httpStatusPrefix: false
drainSettle: 5s
drainTimeout: 30s
salvage: false
log:
  filter: info
  format: text
";
    assert_eq!(NodeConfig::default().to_yaml(), expected);
}

#[test]
fn what_is_written_is_read_back() {
    for yaml in [
        "",
        "ringFile: ring.json\npeerTls: {certFile: a, keyFile: b, caFile: c}",
        "hotTier: 2000001",
        "limits: {diskBytes: 3GiB, headTimeout: 1500ms}",
        "dataDir: 'a: b'",
        &behind("window: 1500ms,", POSTGRES),
        &behind("", "redis: {addresses: ['a:1'], tls: {caFile: ca}}"),
        &shared("swingBackAfter: 90s", EAST),
    ] {
        let config = read(yaml).unwrap();
        assert_eq!(NodeConfig::from_yaml(&config.to_yaml()).unwrap(), config, "{yaml:?}");
    }
}

#[test]
fn sizes_and_times_are_written_as_people_do() {
    check("hotTier: 2097152", "hotTier: 2MiB");
    check("hotTier: 1.5 GiB", "hotTier: 1536MiB");
    check("hotTier: 2MB", "hotTier: '2000000'");
    check("commitWindow: 1s", "commitWindow: 1s");
    check("limits: {idleTimeout: 1m 30s}", "idleTimeout: 1m 30s");
    check("limits: {diskBytes: 20GiB}", "diskBytes: 20GiB");
    check_refused("hotTier: much", &["hotTier", "line 1", "`much` is not a size; write bytes"]);
    check_refused("limits:\n  diskBytes: lots", &["limits.diskBytes", "line 2", "`lots` is not a size"]);
    check_refused(
        "commitWindow: soon",
        &["commitWindow", "line 1", "`soon` is not a length of time; write a number"],
    );
    check_refused("commitWindow: 100", &["commitWindow", "a time with its unit, such as 100ms"]);
}

#[test]
fn a_peer_port_that_others_reach_needs_a_lock() {
    let open = "ringFile: ring.json\npeerListen: 0.0.0.0:42425\n";
    check_refused(open, &["peerListen", "can read every session", "write peerKeyFile"]);
    check(&format!("{open}peerKeyFile: key"), "peerListen: 0.0.0.0:42425");
    check(&format!("{open}peerTls: {{certFile: a, keyFile: b, caFile: c}}"), "certFile: a");
    check("peerListen: 0.0.0.0:42425", "peerListen: 0.0.0.0:42425");
    check_refused(
        "ringFile: ring.json\npeerListen: 127.0.0.1:9424",
        &["peerListen", "is adminListen already"],
    );
    check_refused("nodeName: ''", &["nodeName", "1 to 253 characters"]);
    check_refused("peerTls: {certFile: a}", &["keyFile"]);
    check_refused("handOff: {inFlightBytes: 1KiB}", &["handOff.inFlightBytes", "too small"]);
}

#[test]
fn unknown_keys_and_words_are_refused_with_the_known_ones() {
    check_refused("hotTeir: 1GiB", &["unknown field `hotTeir`", "`hotTier`"]);
    check_refused(
        "dataDir: x\nlimits:\n  conections: 5",
        &["limits", "unknown field `conections`", "`connections`", "line 3"],
    );
    check_refused("acknowledge: Disk", &["unknown variant `Disk`", "`disk`", "`memory`"]);
    check_refused("log: {format: xml}", &["log.format", "`text`", "`json`"]);
    check_refused("stateListen: localhost", &["stateListen", "line 1"]);
    check_refused("hotTier: 2MiB: c", &["line 1"]);
}

#[test]
fn a_state_port_open_to_others_must_be_asked_for() {
    check("stateListen: '[::1]:42424'", "stateListen: '[::1]:42424'");
    check("stateListen: 127.9.9.9:1", "stateListen: 127.9.9.9:1");
    check("stateListen: 0.0.0.0:42424\nallowPlaintext: true", "stateListen: 0.0.0.0:42424");
    for open in ["0.0.0.0:42424", "'[::]:42424'", "10.0.0.7:42424"] {
        let parts = ["stateListen: ", "no passwords", "write 127.0.0.1:42424", "allowPlaintext: true"];
        check_refused(&format!("stateListen: {open}"), &parts);
    }
}

#[test]
fn values_out_of_range_name_the_range() {
    check("hotTier: 1MiB", "hotTier: 1MiB");
    check_refused("hotTier: 1023KiB", &["hotTier: 1023KiB is too small; write 1MiB to 1TiB"]);
    check_refused("hotTier: 2TiB", &["hotTier: 2TiB is too large; write 1MiB to 1TiB"]);
    check("journal: {segmentBytes: 64KiB}", "segmentBytes: 64KiB");
    check_refused(
        "journal: {segmentBytes: 63KiB}",
        &["journal.segmentBytes: 63KiB is too small; write 64KiB to 64MiB"],
    );
    check_refused("journal: {segmentBytes: 65MiB}", &["journal.segmentBytes: 65MiB is too large"]);
    check_refused("journal: {queueBytes: 0}", &["journal.queueBytes: 0 is too small"]);
    check_refused("journal: {compressThreshold: 2GiB}", &["journal.compressThreshold"]);
    check_refused("journal: {checkpointBytes: 1}", &["journal.checkpointBytes: 1 is too small"]);
    check_refused("journal: {compactBytesPerSecond: 0}", &["journal.compactBytesPerSecond"]);
    check_refused("limits: {connections: 0}", &["limits.connections: 0 is too small; write 1 to 1000000"]);
    check_refused("limits: {connectionsPerSource: 0}", &["limits.connectionsPerSource: 0 is too small"]);
    check_refused("limits: {headBytes: 2MiB}", &["limits.headBytes: 2MiB is too large"]);
    check_refused("limits: {bodyBytes: 2GiB, inFlightBytes: 4GiB}", &["limits.bodyBytes: 2GiB is too large"]);
    check_refused(
        "limits: {inFlightBytes: 1MiB}",
        &["limits.inFlightBytes: 1MiB is too small; write 64MiB to"],
    );
    check_refused("limits: {headTimeout: 0s}", &["limits.headTimeout: 0s is too small; write 10ms to 1h"]);
    check_refused("limits: {bodyBytesPerSecond: 0}", &["limits.bodyBytesPerSecond"]);
    check_refused("limits: {writeStall: 2h}", &["limits.writeStall: 2h is too large"]);
    check_refused("limits: {idleTimeout: 1ms}", &["limits.idleTimeout: 1ms is too small"]);
    check_refused("limits: {lifetimeMax: 366days}", &["limits.lifetimeMax"]);
    check_refused(
        "limits: {lifetimeMax: 90s}",
        &["limits.lifetimeMax: 1m 30s is not a whole number of minutes"],
    );
    check_refused("limits: {diskBytes: 100MiB}", &["limits.diskBytes: 100MiB is too small; write 640MiB to"]);
    check_refused("commitWindow: 11s", &["commitWindow: 11s is too large; write 1ms to 10s"]);
    check_refused("drainSettle: 6m", &["drainSettle: 6m is too large"]);
    check_refused("drainTimeout: 2h", &["drainTimeout: 2h is too large"]);
}

#[test]
fn values_that_cannot_work_say_what_would() {
    check_refused("dataDir: ''", &["dataDir: it is empty; write a directory"]);
    check_refused(
        "adminListen: 127.0.0.1:42424",
        &["adminListen: 127.0.0.1:42424 is the state port already"],
    );
    check("stateListen: 127.0.0.1:0\nadminListen: 127.0.0.1:0", "stateListen: 127.0.0.1:0");
    check_refused("aspnetVersion: \"4.0\\r\\nEvil: 1\"", &["aspnetVersion", "cannot be sent in a header"]);
    check_refused("aspnetVersion: ''", &["aspnetVersion"]);
    check_refused("log: {filter: ' '}", &["log.filter: it is empty; write error, warn, info"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let yaml = "stateListen: 0.0.0.0:1\nhotTier: 1\nlimits: {connections: 0}\njournal: {segmentBytes: 1}";
    let keys: Vec<_> = NodeConfig::from_yaml(yaml)
        .unwrap()
        .validate()
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.key)
        .collect();
    assert_eq!(keys, ["stateListen", "hotTier", "limits.connections", "journal.segmentBytes"]);
}

/// A configuration with a backing store whose keys beside `engine` are `keys`.
fn behind(keys: &str, engine: &str) -> String {
    format!("backingStore: {{mode: writeBehind, {keys} {engine}}}")
}

const REDIS: &str = "redis: {addresses: ['redis:6379']}";
const POSTGRES: &str = "postgres: {host: db, usernameFile: user}";

#[test]
fn a_backing_store_is_one_engine_and_a_mode() {
    assert_eq!(read("").unwrap().backing_store, None);
    check(&behind("", REDIS), "window: 1s");
    check(&behind("", POSTGRES), "port: 5432");
    check(&behind("", "postgres: {host: '::1', usernameFile: user, tls: {}}"), "tls: {}");
    check(
        "backingStore: {mode: writeThrough, whenUnreachable: degrade, redis: {addresses: ['[::1]:1']}}",
        "- '[::1]:1'",
    );
    let sentinels =
        "topology: sentinel, addresses: ['a:1', 'b:1'], masterName: main, sentinelPasswordFile: f";
    check(&behind("", &format!("redis: {{{sentinels}}}")), "masterName: main");
    check(&behind("", "redis: {topology: cluster, addresses: ['a:1', 'b:1']}"), "topology: cluster");
    check_refused("backingStore: {redis: {addresses: ['a:1']}}", &["backingStore", "missing field `mode`"]);
    check_refused(
        &behind("", ""),
        &["backingStore: it names no engine; write exactly one of redis and postgres"],
    );
    check_refused(&behind("", &format!("{REDIS}, {POSTGRES}")), &["backingStore: it names two engines"]);
    check_refused(
        &behind("whenUnreachable: degrade,", REDIS),
        &["whenUnreachable", "write mode: writeThrough"],
    );
}

#[test]
fn a_backing_store_that_cannot_work_says_what_would() {
    for (keys, part) in [
        ("keyPrefix: ''", "\"\" cannot begin a key"),
        ("keyPrefix: 'a b'", "without spaces"),
        ("keyPrefix: '{shop}/'", "and braces"),
        ("window: 49ms", "window: 49ms is too small; write 50ms to 1m"),
        ("window: 61s", "window: 1m 1s is too large"),
        ("timeout: 9s", "timeout: 9s is too large; write 50ms to 8s"),
        ("recoveriesPerSecond: 0", "recoveriesPerSecond: 0 is too small"),
        ("unflushedSessions: 999", "unflushedSessions: 999 is too small; write 1000 to"),
    ] {
        check_refused(&behind(&format!("{keys},"), REDIS), &["backingStore.", part]);
    }
    for (redis, part) in [
        ("addresses: []", "0 addresses; write 1 to 16"),
        ("addresses: [redis]", "\"redis\" is not a host and a port"),
        ("addresses: ['redis:0']", "is not a host and a port"),
        ("addresses: ['::1:6379']", "for example redis.example:6379 or [fd00::7]:6379"),
        ("addresses: ['redis://a:1']", "is not a host and a port"),
        ("addresses: ['a:1', 'b:1']", "write topology: cluster or sentinel, or a single address"),
        ("topology: sentinel, addresses: ['a:1']", "masterName"),
        ("masterName: main, addresses: ['a:1']", "masterName"),
        ("topology: cluster, database: 1, addresses: ['a:1']", "a cluster has no database 1; write 0"),
        ("sentinelPasswordFile: f, addresses: ['a:1']", "sentinelPasswordFile: there are no sentinels"),
        ("passwordFile: '', addresses: ['a:1']", "passwordFile: it is empty"),
        ("tls: {certFile: c}, addresses: ['a:1']", "write both certFile and keyFile"),
        ("tls: {serverName: 'a b'}, addresses: ['a:1']", "\"a b\" is no serverName"),
    ] {
        check_refused(&behind("", &format!("redis: {{{redis}}}")), &["backingStore.redis.", part]);
    }
    for (postgres, part) in [
        ("host: /run/postgresql", "host: \"/run/postgresql\" is neither a host name nor an IP address"),
        ("host: db, port: 0", "port: 0 is too small"),
        ("host: db, database: ''", "database: \"\" cannot be a database"),
        ("host: db, schema: Shop", "schema: \"Shop\" cannot be the schema; write 1 to 63 lower-case letters"),
        ("host: db, schema: 1st", "schema"),
        ("host: db, connections: 65", "connections: 65 is too large; write 1 to 64"),
        ("host: db, tls: {keyFile: k}", "tls: a certificate is shown with its key"),
    ] {
        let engine = format!("postgres: {{usernameFile: user, {postgres}}}");
        check_refused(&behind("", &engine), &["backingStore.postgres.", part]);
    }
    check_refused(&behind("", "postgres: {host: db}"), &["missing field `usernameFile`"]);
    check_refused(&behind("", "redis: {adresses: []}"), &["unknown field `adresses`", "`addresses`"]);
}

/// `yaml`'s keys with dots between levels, and their values as written.
fn flat(yaml: &serde_yaml::Value, above: &str, into: &mut BTreeMap<String, String>) {
    if let serde_yaml::Value::Mapping(keys) = yaml {
        for (key, value) in keys {
            flat(value, &format!("{above}.{}", key.as_str().unwrap()), into);
        }
    } else {
        let value = serde_yaml::to_string(yaml).unwrap();
        into.insert(above.trim_start_matches('.').to_owned(), value.trim().to_owned());
    }
}

#[test]
fn the_document_has_every_key_and_its_default() {
    let engines = behind("", &format!("{REDIS}, {POSTGRES}"));
    let with_all = format!("{engines}\ndataCentre: {{group: shop, name: west, number: 1}}");
    let with_all = format!("{with_all}\nstateTls: {{certFile: a, keyFile: b}}");
    let with_all = NodeConfig::from_yaml(&with_all).unwrap();
    let yaml = serde_yaml::from_str(&with_all.to_yaml()).unwrap();
    let required = [
        "backingStore.mode",
        "backingStore.redis.addresses",
        "backingStore.postgres.host",
        "backingStore.postgres.usernameFile",
        "dataCentre.group",
        "dataCentre.name",
        "dataCentre.number",
        "stateTls.certFile",
        "stateTls.keyFile",
    ];
    let without_default = [
        "ringFile",
        "nodeName",
        "peerKeyFile",
        "peerTls.certFile",
        "peerTls.keyFile",
        "peerTls.caFile",
        "stateTls.caFile",
        "backingStore.redis.masterName",
        "backingStore.redis.usernameFile",
        "backingStore.redis.passwordFile",
        "backingStore.redis.sentinelUsernameFile",
        "backingStore.redis.sentinelPasswordFile",
        "backingStore.redis.tls.caFile",
        "backingStore.redis.tls.certFile",
        "backingStore.redis.tls.keyFile",
        "backingStore.redis.tls.serverName",
        "backingStore.postgres.passwordFile",
        "backingStore.postgres.tls",
        "dataCentre.gatewayKeyFile",
        "dataCentre.gatewayTls.certFile",
        "dataCentre.gatewayTls.keyFile",
        "dataCentre.gatewayTls.caFile",
        "dataCentre.swingBackAfter",
        "limits.diskBytes",
    ];
    let mut expected = BTreeMap::new();
    flat(&yaml, "", &mut expected);
    expected.extend(without_default.map(|key| (key.to_owned(), "none".to_owned())));
    expected.extend(required.map(|key| (key.to_owned(), "required".to_owned())));
    let (_, keys) = include_str!("../../docs/configuration.md").split_once("\n## Keys\n").unwrap();
    let documented: BTreeMap<_, _> = keys
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let mut cells = row.split(" | ").map(|cell| cell.trim_matches('`').to_owned());
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    assert_eq!(documented, expected);
}
