//! What no file of the project may contain: unfinished work, and paths of somebody's machine.

use super::File;

// Written in two halves so that this file does not find itself.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];
const HOST_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Lines with something that does not belong into the project.
pub(super) fn judge(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            let mut found = |what: &str| {
                findings.push(format!("{}:{}: {what}", file.path.display(), number + 1));
            };
            if UNFINISHED.iter().any(|word| line.contains(word)) {
                found("finish it, or open an issue");
            }
            if HOST_FOLDERS.iter().any(|folder| begins_a_path(line, folder)) {
                found("a path of one machine; write a relative one");
            }
        }
    }
    findings
}

/// Whether `folder` stands in `line` where a path begins. Inside a longer one (`/w3svc/1/` + `root/`) it is
/// another folder.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || ".-_}~*".contains(before))
    })
}

#[cfg(test)]
mod tests {
    //! Lines and verdicts.

    use super::{super::File, HOST_FOLDERS, UNFINISHED, judge};

    #[track_caller]
    fn check(text: String, findings: &[&str]) {
        assert_eq!(judge(&[File { path: "a.md".into(), text }]), findings);
    }

    #[test]
    fn unfinished_work_and_host_paths_are_found_with_their_line() {
        check("fine\n".to_owned(), &[]);
        check(format!("fine\n// {} later\n", UNFINISHED[0]), &["a.md:2: finish it, or open an issue"]);
        for folder in HOST_FOLDERS {
            check(format!("see `{folder}x`"), &["a.md:1: a path of one machine; write a relative one"]);
            check(format!("{folder}x"), &["a.md:1: a path of one machine; write a relative one"]);
            check(format!("/w3svc/1{folder}x"), &[]);
        }
    }
}
