//! What was typed: flags or environment variables, and what `--help` says about them.

use std::net::SocketAddr;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use hyper::Uri;

use crate::telemetry::parse_filter;

const ABOUT: &str = "Runs the session nodes of every SessionCluster and publishes their healthy endpoints.";
const AFTER: &str = "\
Try it against the cluster of your kubeconfig:
  cloakroom-operator crd | kubectl apply --server-side -f -
  cloakroom-operator run --leader-elect=false
Exit codes: 0 stopped cleanly, 64 bad command line, 1 anything else, such as leadership that was lost.";

/// The image that this release was made with.
const NODE_IMAGE: &str = concat!("cloakroom-node:", env!("CARGO_PKG_VERSION"));

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "cloakroom-operator", version, about = ABOUT, after_help = AFTER, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Drive SessionClusters until told to stop.
    Run(Run),
    /// Print the CustomResourceDefinition as YAML, for `kubectl apply --server-side -f -`.
    Crd,
    /// Ask a running operator whether it is ready; prints its answer and fails unless it is 200.
    Check(Check),
}

/// Whom to ask.
#[derive(Clone, Debug, clap::Args)]
pub struct Check {
    /// The page to ask for.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/readyz", value_parser = parse_url)]
    pub(crate) url: Uri,
}

/// How to drive them.
#[derive(Clone, Debug, clap::Args)]
pub struct Run {
    /// Only the SessionClusters of this namespace; those of all namespaces if absent.
    #[arg(long, env = "CLOAKROOM_NAMESPACE", value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Image of the nodes of clusters that name none.
    #[arg(long, env = "CLOAKROOM_NODE_IMAGE", value_name = "IMAGE", default_value = NODE_IMAGE, value_parser = parse_image)]
    pub(crate) node_image: String,
    /// Address and port for probes and metrics: /livez, /readyz, /metrics.
    #[arg(long, env = "CLOAKROOM_ADMIN_LISTEN", value_name = "ADDR", default_value = "0.0.0.0:8080", value_parser = parse_address)]
    pub(crate) admin_listen: SocketAddr,
    /// Work only while holding the Lease `cloakroom-operator`, so that several replicas can stand by.
    #[arg(long, env = "CLOAKROOM_LEADER_ELECT", value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub(crate) leader_elect: bool,
    /// Namespace of that Lease; the operator's own if absent.
    #[arg(long, env = "CLOAKROOM_LEASE_NAMESPACE", value_name = "NAMESPACE")]
    pub(crate) lease_namespace: Option<String>,
    /// What to log: a level, or levels by module (info,kube=debug).
    #[arg(long, env = "CLOAKROOM_LOG", value_name = "FILTER", default_value = "info", value_parser = check_filter)]
    pub(crate) log: String,
    /// How to log.
    #[arg(long, env = "CLOAKROOM_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One object for each line, for collectors.
    Json,
}

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, for example 0.0.0.0:8080 or [::1]:8080")
}

fn parse_url(text: &str) -> Result<Uri, &'static str> {
    let uri = text.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
    uri.ok_or("write a URL such as http://127.0.0.1:8080/readyz")
}

/// Something a pod can name. Whether it exists is for the kubelet to find out.
fn parse_image(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err("write an image such as registry.example.com/cloakroom-node:1.2.3");
    }
    Ok(text.to_owned())
}

fn check_filter(text: &str) -> Result<String, crate::telemetry::BadFilter> {
    parse_filter(text).map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    //! Command lines and what becomes of them.

    use clap::Parser as _;

    use super::{Args, Command, LogFormat};

    #[test]
    fn a_plain_run_watches_the_whole_cluster_and_elects_a_leader() {
        let Command::Run(run) = Args::parse_from(["cloakroom-operator", "run"]).command else {
            panic!("run")
        };
        assert_eq!(run.namespace, None);
        assert!(run.leader_elect);
        assert_eq!(run.admin_listen.to_string(), "0.0.0.0:8080");
        assert_eq!((run.log.as_str(), run.log_format), ("info", LogFormat::Text));
    }

    #[test]
    fn a_check_asks_only_over_http() {
        for typed in ["https://a/readyz", "127.0.0.1:8080", "/readyz", "http://"] {
            let refused =
                Args::try_parse_from(["cloakroom-operator", "check", "--url", typed]).expect_err(typed);
            assert!(refused.to_string().contains("write a URL such as http://"), "{typed}: {refused}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_write() {
        for (typed, advice) in [
            ("--admin-listen=8080", "write an IP address and a port"),
            ("--node-image=", "write an image such as"),
            ("--node-image=a b", "write an image such as"),
            ("--log=inof", "`inof` is not a log filter; write error, warn"),
            ("--leader-elect=maybe", "true, false"),
        ] {
            let refused = Args::try_parse_from(["cloakroom-operator", "run", typed]).expect_err(typed);
            assert!(refused.to_string().contains(advice), "{typed}: {refused}");
        }
    }
}
