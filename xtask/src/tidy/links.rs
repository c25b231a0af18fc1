//! Links in documents lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::File;

/// Relative links of Markdown files, for which `exists` knows no file or folder.
pub(super) fn judge(files: &[File], exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.extension().is_some_and(|kind| kind == "md")) {
        for (number, line) in file.text.lines().enumerate() {
            for target in targets(line) {
                if !exists(&resolved(&file.path, target)) {
                    let path = file.path.display();
                    findings.push(format!("{path}:{}: the link to {target} leads nowhere", number + 1));
                }
            }
        }
    }
    findings
}

/// What stands between `](` and `)`, if it is a path.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// The path from the root that `target` means in the file at `path`.
fn resolved(path: &Path, target: &str) -> PathBuf {
    let mut resolved = path.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            Component::CurDir => {}
            part => resolved.push(part),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    //! Documents and their dead links.

    use std::path::Path;

    use super::{super::File, judge};

    #[track_caller]
    fn check(path: &str, text: &str, findings: &[&str]) {
        let known = ["README.md", "docs", "docs/a.md"];
        let files = [File { path: path.into(), text: text.into() }];
        assert_eq!(judge(&files, |path| known.iter().any(|name| Path::new(name) == path)), findings);
    }

    #[test]
    fn a_dead_link_is_found_with_its_line() {
        check("README.md", "[a](docs/a.md), [folder](docs/), ![a](./docs/a.md)", &[]);
        check("docs/a.md", "[up](../README.md) [here](a.md#part) [part](#part)", &[]);
        check("README.md", "[far](https://example.org/x) [mail](mailto:a@example.org)", &[]);
        check("docs/a.rs", "[b](b.md)", &[]);
        check("docs/a.md", "\n[a](a.md) [b](b.md#x)", &["docs/a.md:2: the link to b.md leads nowhere"]);
        check("README.md", "[a](a.md)", &["README.md:1: the link to a.md leads nowhere"]);
    }
}
