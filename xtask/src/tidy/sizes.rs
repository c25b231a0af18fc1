//! Files stay small enough to be read at once.

use super::File;

/// Above this a file must say in its head why it is that long.
const LINES_MAX: usize = 500;
/// How far the head goes.
const HEAD_LINES: usize = 20;
const EXCUSE: &str = concat!("Long ", "because");

/// Rust files that are too long without a reason.
pub(super) fn judge(files: &[File]) -> Vec<String> {
    let excused = |file: &File| file.text.lines().take(HEAD_LINES).any(|line| line.contains(EXCUSE));
    lengths(files)
        .into_iter()
        .filter(|(lines, file)| *lines > LINES_MAX && !excused(file))
        .map(|(lines, file)| {
            let path = file.path.display();
            format!("{path}: {lines} lines; split it by what it holds, or write `{EXCUSE} ...` in its head")
        })
        .collect()
}

/// One line about all Rust files: how many, their median and the longest.
pub(super) fn report(files: &[File]) -> String {
    let lengths = lengths(files);
    let Some((longest, file)) = lengths.last() else {
        return "no Rust files".to_owned();
    };
    let median = lengths[lengths.len() / 2].0;
    format!(
        "{} Rust files, median {median} lines, longest {longest} ({})",
        lengths.len(),
        file.path.display()
    )
}

/// Rust files by their number of lines, shortest first.
fn lengths(files: &[File]) -> Vec<(usize, &File)> {
    let mut lengths: Vec<_> =
        files.iter().filter(|file| file.is_rust()).map(|file| (file.text.lines().count(), file)).collect();
    lengths.sort_by_key(|(lines, _)| *lines);
    lengths
}

#[cfg(test)]
mod tests {
    //! Lengths and verdicts.

    use super::{super::File, EXCUSE, LINES_MAX, judge, report};

    fn file(path: &str, head: &str, lines: usize) -> File {
        File { path: path.into(), text: format!("{head}\n{}", "x\n".repeat(lines - 1)) }
    }

    #[test]
    fn a_long_file_needs_an_excuse() {
        for (path, head, lines, findings) in [
            ("a.rs", "//! Why.", LINES_MAX, 0),
            ("a.rs", "//! Why.", LINES_MAX + 1, 1),
            ("a.md", "# Title", LINES_MAX + 1, 0),
            ("a.rs", &format!("//! {EXCUSE} it is a table."), LINES_MAX + 1, 0),
        ] {
            assert_eq!(judge(&[file(path, head, lines)]).len(), findings, "{path} {head} {lines}");
        }
    }

    #[test]
    fn the_report_names_the_longest() {
        let files = [file("a.rs", "", 9), file("b.rs", "", 3), file("c.rs", "", 5), file("d.md", "", 99)];
        assert_eq!(report(&files), "3 Rust files, median 5 lines, longest 9 (a.rs)");
    }
}
