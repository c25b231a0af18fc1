//! `docs/metrics.md`, rendered from the catalogue and held to it by a test.

use std::fmt::Write as _;

use super::{
    PREFIX,
    catalogue::{Entry, Kind, all},
};

const HEAD: &str = "\
# Metrics

Generated from `node/src/metrics/catalogue.rs` by `cargo xtask generate`; a test fails when they differ.
The admin port serves these at `/metrics` in the OpenMetrics text format. Units are bytes and seconds, and every
label has a fixed list of values: no client can add one. Histograms also have `_bucket`, `_sum` and `_count`.

| metric | kind | labels | meaning | the question it answers |
|---|---|---|---|---|
";

/// What `docs/metrics.md` must say, as Markdown.
#[must_use]
pub fn document() -> String {
    let mut page = HEAD.to_owned();
    for entry in all() {
        let Entry { kind, meaning, question, .. } = entry;
        let row = writeln!(
            page,
            "| `{}` | {} | {} | {meaning} | {question} |",
            exposed(entry),
            kind.word(),
            labels(entry)
        );
        row.expect("writing into a String does not fail");
    }
    page
}

/// The name as a query must write it.
pub(super) fn exposed(entry: &Entry) -> String {
    let unit = entry.unit().map(|unit| format!("_{}", unit.as_str())).unwrap_or_default();
    let suffix = match entry.kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        Kind::Gauge | Kind::Histogram => "",
    };
    format!("{PREFIX}_{}{unit}{suffix}", entry.name)
}

fn labels(entry: &Entry) -> String {
    let label = |label: &super::catalogue::Label| match label.1 {
        [] => format!("`{}`", label.0),
        values => format!("`{}`: {}", label.0, values.join(", ")),
    };
    entry.labels.iter().map(label).collect::<Vec<_>>().join("; ")
}
