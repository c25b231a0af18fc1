//! Writes results down: one Markdown page and one plot per run.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{
    backing::{CONFIG_FILE, Engine},
    binaries::Binaries,
    machine::Provenance,
    peer::{Launch, Peer},
    plot, postgres,
    results::{Results, Series},
    statistics::{Better, Summary, advantage, summary},
};

/// Writes `NAME.md` and, if anything is plotted, `NAME.svg` into `folder`.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    provenance: &Provenance,
    results: &Results,
    binaries: &Binaries,
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let plot = plot::svg(&results.series);
    let image = plot.as_ref().map(|_| format!("{name}.svg"));
    let page = markdown(&invocation(), provenance, results, binaries, image.as_deref());
    for (file, text) in [(format!("{name}.md"), Some(page)), (format!("{name}.svg"), plot)] {
        let Some(text) = text else { continue };
        let path = folder.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// Writes `NAME.md` with one `table` into `folder`.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write_page(
    folder: &Path,
    name: &str,
    provenance: &Provenance,
    heading: &str,
    table: &str,
) -> Result<()> {
    let Provenance { machine, kernel, commit, date } = provenance;
    let invocation = invocation();
    let page = format!(
        "# {heading}, {date}\n\n| | |\n|---|---|\n| machine | {machine} |\n| kernel | {kernel} |\n| commit | {commit} |\n\
         | made by | `{invocation}` |\n\nMedians with the least and the greatest in brackets.\n\n{table}"
    );
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{name}.md"));
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// How this program was called, without the folders of the machine.
fn invocation() -> String {
    let words = std::env::args().map(|word| match Path::new(&word).file_name() {
        Some(name) if word.contains('/') => name.to_string_lossy().into_owned(),
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The page: provenance, tables, notes, command lines.
fn markdown(
    invocation: &str,
    provenance: &Provenance,
    results: &Results,
    binaries: &Binaries,
    image: Option<&str>,
) -> String {
    let Provenance { machine, kernel, commit, date } = provenance;
    let mut page = format!(
        "# Benchmark results, {date}\n\n\
         | | |\n|---|---|\n\
         | machine | {machine} |\n| kernel | {kernel} |\n| commit | {commit} |\n\
         | made by | `{invocation}` |\n\n\
         Server and generator have one core each. Peers take turns within every round. Every body read \
         back was verified, except the control's. Figures are medians with the least and the greatest in \
         brackets; `advantage` is the median of the ratios taken round by round, above 1 is better than \
         the baseline. Plain Redis, Valkey and memcached keep no locks and so do less than the others.\n"
    );
    if let Some(image) = image {
        write!(page, "\n![The plotted figures of the tables below]({image})\n").expect(IN_MEMORY);
    }
    page.push_str(&overview(&results.series));
    for series in &results.series {
        page.push_str(&table(series));
    }
    for (heading, lines) in [("Failures", &results.failures), ("Notes", &results.notes)] {
        if !lines.is_empty() {
            write!(page, "\n## {heading}\n\n- {}\n", lines.join("\n- ")).expect(IN_MEMORY);
        }
    }
    page.push_str("\n## Command lines\n\n");
    page.push_str("PORT and DIR are chosen afresh for each start, MEMORY by what is measured.\n\n");
    for peer in peers_of(results) {
        let line = command_line(peer, binaries);
        writeln!(page, "- {}: `{line}`", peer.name()).expect(IN_MEMORY);
        if let Some(backing) = peer.backing() {
            let engine = match backing.engine {
                Engine::Redis => command_line(Peer::RedisAlways, binaries),
                Engine::Postgres => shown("postgres", &postgres::arguments("DIR", "PORT").join(" ")),
            };
            let config = backing.config("PORT", "DIR");
            writeln!(page, "  with `{config}` in DIR/{CONFIG_FILE}\n  and `{engine}`").expect(IN_MEMORY);
        }
    }
    page
}

const IN_MEMORY: &str = "writing to memory does not fail";

/// Every measure of Cloakroom beside its baseline, one line each; empty if there is none.
fn overview(all: &[Series]) -> String {
    let mut lines = String::new();
    for series in all {
        let measure = &series.measure;
        let Some(baseline) = series.of(measure.baseline) else {
            continue;
        };
        let Some(reference) = summary(baseline) else {
            continue;
        };
        for (peer, values) in &series.rows {
            if !peer.is_ours() || *peer == measure.baseline {
                continue;
            }
            let Some(Summary { median, .. }) = summary(values) else {
                continue;
            };
            let Some(times) = advantage(values, baseline, measure.better) else {
                continue;
            };
            writeln!(
                lines,
                "| {} | {} | {} | {} | {} | {} | {times:.2} |",
                measure.title,
                measure.unit,
                peer.name(),
                plot::figure(median),
                measure.baseline.name(),
                plot::figure(reference.median)
            )
            .expect(IN_MEMORY);
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!(
        "\n## Overview\n\n| measure | unit | server | median | baseline | median | advantage |\n\
         |---|---|---|---:|---|---:|---:|\n{lines}"
    )
}

/// One measure as a section with a table.
fn table(series: &Series) -> String {
    let measure = &series.measure;
    let baseline = series.of(measure.baseline).unwrap_or_default();
    let better = match measure.better {
        Better::Less => "less is better",
        Better::More => "more is better",
    };
    let mut text = format!(
        "\n## {}\n\nIn {}, {better}; baseline {}.\n\n| server | median | range | rounds | advantage |\n\
         |---|---:|---|---:|---:|\n",
        measure.title,
        measure.unit,
        measure.baseline.name()
    );
    for (peer, values) in &series.rows {
        let Some(Summary { median, min, max }) = summary(values) else {
            continue;
        };
        let times = advantage(values, baseline, measure.better)
            .map_or_else(|| "-".into(), |times| format!("{times:.2}"));
        writeln!(
            text,
            "| {} | {} | [{}, {}] | {} | {times} |",
            peer.name(),
            plot::figure(median),
            plot::figure(min),
            plot::figure(max),
            values.len()
        )
        .expect(IN_MEMORY);
    }
    text
}

/// All peers of the results, each once.
fn peers_of(results: &Results) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (peer, _) in results.series.iter().flat_map(|series| &series.rows) {
        if !peers.contains(peer) {
            peers.push(*peer);
        }
    }
    peers
}

/// The command line of `peer` without what differs from start to start or machine to machine.
fn command_line(peer: Peer, binaries: &Binaries) -> String {
    let launch =
        Launch { port: "PORT".into(), admin_port: "PORT".into(), directory: "DIR".into(), memory_mib: 0 };
    let program = peer.binary(binaries).file_name().unwrap_or_default().to_string_lossy();
    let arguments = peer.arguments(&launch).join(" ");
    let arguments = arguments.replace("0MiB", "MEMORY").replace("-m 0", "-m MEMORY");
    let empty = if arguments.ends_with("--save ") { "''" } else { "" };
    shown(&program, &format!("{arguments}{empty}"))
}

fn shown(program: &str, arguments: &str) -> String {
    format!("taskset -c CORE {program} {arguments}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::results::Measure;

    fn page(rounds: &[(f64, f64)]) -> String {
        let measure = Measure {
            title: "Server CPU per request".into(),
            unit: "µs",
            better: Better::Less,
            baseline: Peer::Redis,
            plotted: true,
        };
        let mut results = Results::default();
        for (ours, redis) in rounds {
            results.record(&measure, Peer::Cloakroom, *ours);
            results.record(&measure, Peer::Redis, *redis);
        }
        let provenance = Provenance {
            machine: "2 cores".into(),
            kernel: "6".into(),
            commit: "abc".into(),
            date: "2026-01-31".into(),
        };
        let path = PathBuf::from;
        let binaries = Binaries {
            node: path("/a/cloakroom-node"),
            redis: path("redis-server"),
            ..Binaries::all_at("/a/x")
        };
        markdown("cloakroom-bench all", &provenance, &results, &binaries, Some("x.svg"))
    }

    #[test]
    fn the_page_shows_medians_ranges_and_advantage() {
        let page = page(&[(10.0, 15.0), (12.0, 15.0), (30.0, 15.0)]);
        assert!(page.contains("| cloakroom | 12.0 | [10.0, 30.0] | 3 | 1.25 |"), "{page}");
        assert!(page.contains("| redis | 15.0 | [15.0, 15.0] | 3 | 1.00 |"), "{page}");
        let overview = "| µs | cloakroom | 12.0 | redis | 15.0 | 1.25 |";
        assert!(page.contains(overview), "{page}");
        assert!(page.contains("![") && page.contains("(x.svg)"));
    }

    #[test]
    fn command_lines_name_no_path_of_the_machine() {
        let page = page(&[(1.0, 1.0)]);
        assert!(page.contains("`taskset -c CORE cloakroom-node --data-dir DIR "), "{page}");
        assert!(page.contains("--hot-tier MEMORY`"), "{page}");
        assert!(page.contains("--appendonly no --save ''`"), "{page}");
        assert!(!page.contains("/a/"));
    }
}
