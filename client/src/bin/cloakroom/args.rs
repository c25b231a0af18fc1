//! What was typed.

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use cloakroom_client::Timeout;

use crate::place::Place;

const AFTER_HELP: &str = "\
Exit codes:
  0  done, or found
  1  no answer, or one that means nothing (standard error says which)
  2  wrong usage
  3  there is no such session
  4  somebody else holds the lock

Examples:
  cloakroom put 2bqykim1k3vdv2nwlfzxylyv 'some content'
  cloakroom get 2bqykim1k3vdv2nwlfzxylyv --show
  cloakroom --server node.example:42424 lock 2bqykim1k3vdv2nwlfzxylyv
  cloakroom --admin 10.0.0.7:9424 --admin 10.0.0.8:9424 --peer-key-file key locks
  kubectl cloakroom -n shop --cluster demo where 2bqykim1k3vdv2nwlfzxylyv
  kubectl cloakroom -n shop --cluster demo top --output json

Contents are printed only when asked for, and of sessions in lists only a hash of the id: they are personal data.";

/// Looks at and changes sessions of an ASP.NET state server such as a Cloakroom node, and looks after a cluster's locks.
#[derive(Debug, Parser)]
#[command(name = "cloakroom", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The id of the application that owns the session, in its letter case
    #[arg(long, global = true, value_name = "APP_ID", default_value = "/LM/W3SVC/1/ROOT")]
    pub(crate) app: String,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Read a session without locking it
    Get {
        /// The session's id, such as the value of the cookie ASP.NET_SessionId
        id: String,
        #[command(flatten)]
        content: Content,
    },
    /// Store a session, and unlock it if it is locked by --cookie
    Put {
        /// The session's id
        id: String,
        /// The content; standard input if left out
        value: Option<String>,
        /// Minutes without use after which the session is gone, 0 to 525600
        #[arg(long, value_name = "MINUTES", default_value = "20", value_parser = minutes)]
        timeout: Timeout,
        #[command(flatten)]
        lock: Lock,
    },
    /// Delete a session
    Remove {
        /// The session's id
        id: String,
        #[command(flatten)]
        lock: Lock,
    },
    /// Keep a session alive
    Touch {
        /// The session's id
        id: String,
    },
    /// Read a session, lock it and print the lock's cookie
    Lock {
        /// The session's id
        id: String,
        #[command(flatten)]
        content: Content,
    },
    /// Give up a lock of one's own
    Unlock {
        /// The session's id
        id: String,
        /// What `lock` printed
        #[arg(value_parser = clap::value_parser!(i32).range(0..))]
        cookie: i32,
    },
    /// Say which node of a cluster owns a session and which stand in for it; computed from the ring, without asking for the session
    Where {
        /// The session's id
        id: String,
        #[command(flatten)]
        output: Output,
    },
    /// List the sessions that have been locked longest
    Locks {
        /// Sessions to list, 1 to 1000
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        shown: Shown,
    },
    /// List the largest sessions
    Top {
        /// Sessions to list, 1 to 1000
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        shown: Shown,
    },
    /// Take a session's lock away from who holds it, whose changes are then lost
    Break {
        /// The session's id
        id: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// How the content is shown; not at all unless asked.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Content {
    /// Print the content with unprintable bytes as \xHH
    #[arg(long, conflicts_with = "raw")]
    pub(crate) show: bool,
    /// Write the content's bytes to standard output, and the rest to standard error
    #[arg(long)]
    pub(crate) raw: bool,
}

#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Lock {
    /// The cookie of the lock that is held, as `lock` printed it
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) cookie: Option<i32>,
}

/// How a list is shown.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Shown {
    /// Show session ids and lock cookies, with which anybody can act on the sessions; the nodes log that they were shown
    #[arg(long)]
    pub(crate) show_ids: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Output {
    /// For people, or for programs
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Text,
    Json,
}

fn minutes(text: &str) -> Result<Timeout, String> {
    let minutes = text.parse().map_err(|_| "write whole minutes, such as 20".to_owned())?;
    Timeout::from_minutes(minutes).map_err(|error| error.to_string())
}
