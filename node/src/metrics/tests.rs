//! The exposition, line by line, and the document that explains it.

use std::{collections::BTreeSet, path::Path, sync::Arc, thread, time::Duration};

use super::{
    ColdRead, ConnectionClosed, Lost, Metrics, Operation, Outcome, PeerAsk, PeerResult, Scrape, StoreGauges,
    Tier,
    catalogue::all,
    document::{document, exposed},
};

/// After `act`, the exposition has exactly `lines` among those that begin with `prefix`.
#[track_caller]
fn check(prefix: &str, act: impl FnOnce(&Metrics), lines: &[&str]) {
    let metrics = Metrics::new("1.2.3", 77);
    act(&metrics);
    let text = metrics.encode();
    let found: Vec<_> = text.lines().filter(|line| line.starts_with(prefix)).collect();
    assert_eq!(found, lines);
}

#[test]
fn a_request_is_counted_in_its_bucket_and_only_under_its_labels() {
    let get = |micros| {
        move |metrics: &Metrics| {
            metrics.request(Operation::Get, Tier::Disk, Outcome::Found, Duration::from_nanos(micros));
        }
    };
    let labels = "operation=\"get\",tier=\"disk\",outcome=\"found\"";
    let count = format!("cloakroom_request_seconds_count{{{labels}}} 1");
    let bucket =
        |bound: &str, count| format!("cloakroom_request_seconds_bucket{{le=\"{bound}\",{labels}}} {count}");
    check("cloakroom_request_seconds_count", get(1), &[&count]);
    check("cloakroom_request_seconds_bucket{le=\"0.00005\"", get(50_000), &[&bucket("0.00005", 1)]);
    check("cloakroom_request_seconds_bucket{le=\"0.00005\"", get(50_001), &[&bucket("0.00005", 0)]);
    check("cloakroom_request_seconds_bucket{le=\"0.0001\"", get(50_001), &[&bucket("0.0001", 1)]);
    check("cloakroom_request_seconds_bucket{le=\"2.5\"", get(3_000_000_000), &[&bucket("2.5", 0)]);
    check("cloakroom_request_seconds_bucket{le=\"+Inf\"", get(3_000_000_000), &[&bucket("+Inf", 1)]);
    check(
        "cloakroom_request_seconds_sum",
        get(250_000),
        &[&format!("cloakroom_request_seconds_sum{{{labels}}} 0.00025")],
    );
    check("cloakroom_request_seconds_", |_| {}, &[]);
}

#[test]
fn counts_of_all_threads_are_added_up() {
    let metrics = Metrics::new("1.2.3", 0);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                metrics.sessions.inc();
                metrics.request(Operation::Set, Tier::Memory, Outcome::Stored, Duration::from_micros(1));
            });
        }
    });
    let text = metrics.encode();
    assert!(text.contains("\ncloakroom_sessions_total 20\n"), "{text}");
    let count = "cloakroom_request_seconds_count{operation=\"set\",tier=\"memory\",outcome=\"stored\"} 20\n";
    assert!(text.contains(count), "{text}");
}

#[test]
fn closed_labels_are_exported_before_they_happen() {
    let lost = [
        "cloakroom_sessions_lost_total{reason=\"corrupt\"} 0",
        "cloakroom_sessions_lost_total{reason=\"missing_segment\"} 1",
        "cloakroom_sessions_lost_total{reason=\"excluded\"} 0",
        "cloakroom_sessions_lost_total{reason=\"superseded\"} 0",
    ];
    check("cloakroom_sessions_lost_total", |metrics| metrics.sessions_lost.inc(Lost::MissingSegment), &lost);
    check(
        "cloakroom_connections_closed_total{reason=\"d",
        |metrics| metrics.connections_closed.inc(ConnectionClosed::Drain),
        &["cloakroom_connections_closed_total{reason=\"drain\"} 1"],
    );
    check(
        "cloakroom_cold_reads_total",
        |metrics| metrics.cold_reads.inc_by(ColdRead::PageCache, 3),
        &[
            "cloakroom_cold_reads_total{source=\"page_cache\"} 3",
            "cloakroom_cold_reads_total{source=\"device\"} 0",
        ],
    );
    check(
        "cloakroom_protocol_faults_total",
        |metrics| metrics.protocol_fault("no_colon"),
        &["cloakroom_protocol_faults_total{fault=\"no_colon\"} 1"],
    );
    check("cloakroom_build", |_| {}, &["cloakroom_build_info{version=\"1.2.3\"} 1"]);
    check("cloakroom_config", |_| {}, &["cloakroom_config_hash 77"]);
}

struct FullStore;

impl Scrape for FullStore {
    fn scrape(&self) -> StoreGauges {
        StoreGauges { sessions_active: 5, disk_full: true, index_bytes: 120, ..StoreGauges::default() }
    }
}

#[test]
fn the_store_is_asked_when_somebody_looks() {
    let watch = |metrics: &Metrics| metrics.watch(Arc::new(FullStore));
    check("cloakroom_sessions_active", |_| {}, &[]);
    check("cloakroom_sessions_active", watch, &["cloakroom_sessions_active 5"]);
    check("cloakroom_disk_full", watch, &["cloakroom_disk_full 1"]);
    check("cloakroom_index", watch, &["cloakroom_index_bytes 120"]);
    check("cloakroom_tombstones", watch, &["cloakroom_tombstones 0"]);
}

#[test]
fn two_labels_are_counted_as_a_pair() {
    check(
        "cloakroom_peer_questions_total{ask=\"push\"",
        |metrics| metrics.peer_questions.inc(PeerAsk::Push, PeerResult::Unknown),
        &[
            "cloakroom_peer_questions_total{ask=\"push\",result=\"answered\"} 0",
            "cloakroom_peer_questions_total{ask=\"push\",result=\"not_sent\"} 0",
            "cloakroom_peer_questions_total{ask=\"push\",result=\"unknown\"} 1",
        ],
    );
}

#[test]
fn what_is_registered_and_what_is_explained_are_the_same() {
    let metrics = Metrics::new("1.2.3", 0);
    metrics.watch(Arc::new(FullStore));
    metrics.protocol_fault("any");
    metrics.data_centres.note_up("any", true);
    metrics.request(Operation::Get, Tier::None, Outcome::Absent, Duration::ZERO);
    let text = metrics.encode();
    let registered: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(str::to_owned).collect();
    let explained: BTreeSet<_> = all()
        .map(|entry| {
            let name = exposed(entry);
            let family = name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(&name);
            format!("{family} {}", entry.kind.word())
        })
        .collect();
    assert_eq!(registered, explained);
    for label in all().flat_map(|entry| entry.labels).flat_map(|label| label.1) {
        assert!(label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{label}");
    }
}

#[test]
fn the_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let expected = document();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/metrics.md is not current; run `cargo xtask generate`");
}
