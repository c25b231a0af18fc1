//! From what was typed and written to what the node runs with.

use std::{fmt, fs, path::PathBuf};

use cloakroom_node_config::{NodeConfig, Problem, Unreadable};
use cloakroom_protocol::aspnet::AnswerStyle;

use crate::{args::Args, server::tls::Tls, telemetry};

/// Why the node does not start. Displayed with every problem on a line of its own.
#[derive(Debug)]
pub enum BadConfig {
    /// The file of `--config` cannot be opened.
    NoFile(PathBuf, std::io::Error),
    /// It is not a configuration.
    Unreadable(PathBuf, Unreadable),
    /// Values that a node cannot run with, at least one.
    Problems(Vec<Problem>),
}

/// The effective configuration: flags over environment over file over defaults, judged as a whole.
///
/// # Errors
/// [`BadConfig`], before anything else is opened.
pub fn load(args: &Args) -> Result<NodeConfig, BadConfig> {
    let written = match &args.config {
        None => NodeConfig::default(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| BadConfig::NoFile(path.clone(), error))?;
            NodeConfig::from_yaml(&text).map_err(|error| BadConfig::Unreadable(path.clone(), error))?
        }
    };
    let config = args.over(written);
    let mut problems = config.validate().err().unwrap_or_default();
    // An empty filter is a problem already; only the log library knows the others.
    if !config.log.filter.trim().is_empty() && telemetry::parse_filter(&config.log.filter).is_err() {
        problems.push(Problem {
            key: "log.filter",
            wrong: format!("`{}` is not a log filter", config.log.filter),
            instead: "write error, warn, info, debug or trace, or levels by module".to_owned(),
        });
    }
    if let Err(bad_version) = AnswerStyle::new(&config.aspnet_version, config.http_status_prefix) {
        problems.push(Problem {
            key: "aspnetVersion",
            wrong: bad_version.to_string(),
            instead: "write a framework version such as 4.0.30319".to_owned(),
        });
    }
    if let Some(tls) = &config.state_tls
        && let Err(unusable) = Tls::open(tls)
    {
        problems.push(Problem {
            key: "stateTls",
            wrong: unusable.to_string(),
            instead: "write PEM files that this node can read: a certificate, its key and, if clients must show one as \
                      well, the authority that signs theirs"
                .to_owned(),
        });
    }
    if problems.is_empty() { Ok(config) } else { Err(BadConfig::Problems(problems)) }
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile(path, error) => write!(
                f,
                "cannot read {}: {error}; write the path of a YAML file after --config, or leave it out",
                path.display()
            ),
            Self::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Problems(problems) => {
                write!(f, "the configuration cannot work:")?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for BadConfig {}

#[cfg(test)]
mod tests {
    //! Command lines and files, and the configuration they give.

    use std::io::Write as _;

    use clap::Parser as _;

    use crate::args::Args;

    /// Loads `flags` over a file with `yaml`: the effective YAML, or the message.
    fn load(yaml: &str, flags: &[&str]) -> Result<String, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(yaml.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let typed = ["cloakroom-node", "--config", path].into_iter().chain(flags.iter().copied());
        let args = Args::try_parse_from(typed).map_err(|error| error.to_string())?;
        super::load(&args).map(|config| config.to_yaml()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check(yaml: &str, flags: &[&str], line: &str) {
        let effective = load(yaml, flags).unwrap();
        assert!(effective.lines().any(|found| found.trim() == line), "{yaml:?} {flags:?}\n{effective}");
    }

    #[track_caller]
    fn check_refused(yaml: &str, flags: &[&str], parts: &[&str]) {
        let message = load(yaml, flags).unwrap_err();
        for part in parts {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        check("", &[], "hotTier: 256MiB");
        check("hotTier: 2MiB", &[], "hotTier: 2MiB");
        check("hotTier: 2MiB", &["--hot-tier", "3MiB"], "hotTier: 3MiB");
        check("dataDir: a", &["--data-dir", "b"], "dataDir: b");
        check("", &["--state-listen", "127.0.0.1:1"], "stateListen: 127.0.0.1:1");
        check("", &["--admin-listen", "127.0.0.1:2"], "adminListen: 127.0.0.1:2");
        check("acknowledge: disk", &["--acknowledge", "memory"], "acknowledge: memory");
        check("", &["--salvage"], "salvage: true");
        check("salvage: true", &["--salvage=false"], "salvage: false");
        check("log: {filter: warn}", &["--log", "debug"], "filter: debug");
        check("stateListen: 0.0.0.0:5", &["--allow-plaintext"], "allowPlaintext: true");
    }

    #[test]
    fn what_is_wrong_says_what_to_write() {
        check_refused(
            "",
            &["--state-listen", "localhost"],
            &["--state-listen", "write an IP address and a port"],
        );
        check_refused("", &["--hot-tier", "big"], &["--hot-tier", "`big` is not a size; write bytes"]);
        check_refused("", &["--acknowledge", "never"], &["[possible values: disk, memory]"]);
        check_refused("\nhotTier: big", &[], &["hotTier", "line 2"]);
        check_refused(
            "aspnetVersion: abc",
            &[],
            &["aspnetVersion: ", "write a framework version such as 4.0.30319"],
        );
        check_refused("", &["--config", "no-such-file"], &["cannot be used multiple times"]);
    }

    #[test]
    fn every_problem_is_on_a_line_of_its_own() {
        let flags = ["--state-listen", "0.0.0.0:5", "--hot-tier", "1", "--log", "loud"];
        let message = load("", &flags).unwrap_err();
        let keys: Vec<_> =
            message.lines().skip(1).map(|line| line.trim().split(':').next().unwrap()).collect();
        assert_eq!(keys, ["stateListen", "hotTier", "log.filter"], "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let args = Args::try_parse_from(["cloakroom-node", "--config", "no-such-file"]).unwrap();
        let message = super::load(&args).unwrap_err().to_string();
        assert!(message.starts_with("cannot read no-such-file: "), "{message}");
    }
}
