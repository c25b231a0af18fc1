//! Every module says why it exists, and is named after one thing.

use super::File;

/// Names that say nothing about what is inside, and so attract everything.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "misc", "helper", "helpers"];

/// Modules without a reason, and names without a meaning.
pub(super) fn judge(files: &[File]) -> Vec<String> {
    let undocumented = files
        .iter()
        .filter(|file| file.is_rust() && !file.text.starts_with("//!"))
        .map(|file| format!("{}: begin with `//!` and say why the module exists", file.path.display()));
    let unnamed = files.iter().filter_map(|file| {
        let parts = file.path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let name = parts
            .map(|part| part.trim_end_matches(".rs").to_owned())
            .find(|part| EMPTY_NAMES.contains(&part.as_str()))?;
        Some(format!("{}: name it after what it holds, not `{name}`", file.path.display()))
    });
    undocumented.chain(unnamed).collect()
}

#[cfg(test)]
mod tests {
    //! Files and what is wrong with them.

    use super::{super::File, judge};

    #[track_caller]
    fn check(path: &str, text: &str, wrong: &[&str]) {
        let findings = judge(&[File { path: path.into(), text: text.into() }]);
        assert_eq!(findings.len(), wrong.len(), "{findings:?}");
        for (finding, part) in findings.iter().zip(wrong) {
            assert!(finding.starts_with(path) && finding.contains(part), "{finding}");
        }
    }

    #[test]
    fn modules_need_a_reason_and_a_name() {
        check("session/src/lib.rs", "//! Why.\n", &[]);
        check("session/src/lib.rs", "use std::fmt;\n//! Why.\n", &["begin with `//!`"]);
        check("session/src/utils.rs", "//! Why.\n", &["not `utils`"]);
        check("session/src/common/mod.rs", "", &["begin with `//!`", "not `common`"]);
        check("docs/misc.md", "text", &[]);
        check("scripts/misc/run", "text", &["not `misc`"]);
    }
}
