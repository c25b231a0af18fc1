//! What was typed.

use clap::{Args as Group, Parser, Subcommand};
use cloakroom_client::Timeout;

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

Contents are printed only when asked for: they may be personal data.";

/// Looks at and changes single sessions of an ASP.NET state server such as a Cloakroom node.
#[derive(Debug, Parser)]
#[command(name = "cloakroom", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Where the node listens
    #[arg(
        long,
        global = true,
        value_name = "HOST:PORT",
        env = "CLOAKROOM_SERVER",
        default_value = "127.0.0.1:42424"
    )]
    pub(crate) server: String,
    /// The id of the application that owns the session, in its letter case
    #[arg(long, global = true, value_name = "APP_ID", default_value = "/LM/W3SVC/1/ROOT")]
    pub(crate) app: String,
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
    /// Give up a lock, or break it: whoever knows its cookie may
    Unlock {
        /// The session's id
        id: String,
        /// What `lock` printed
        #[arg(value_parser = clap::value_parser!(i32).range(0..))]
        cookie: i32,
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

fn minutes(text: &str) -> Result<Timeout, String> {
    let minutes = text.parse().map_err(|_| "write whole minutes, such as 20".to_owned())?;
    Timeout::from_minutes(minutes).map_err(|error| error.to_string())
}
