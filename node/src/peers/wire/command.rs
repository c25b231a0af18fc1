//! A command on the wire.

use cloakroom_session::{Command, CookieField, Timeout};
use serde::{Deserialize, Serialize};

use super::Fault;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum WireCookie {
    Missing,
    Bad,
    Value(i32),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum WireCommand {
    Get,
    Acquire,
    Release { cookie: WireCookie },
    Set { timeout_minutes: u32, uninitialised: bool, cookie: WireCookie },
    Remove { cookie: WireCookie },
    Touch,
}

impl From<CookieField> for WireCookie {
    fn from(cookie: CookieField) -> Self {
        match cookie {
            CookieField::Missing => Self::Missing,
            CookieField::Bad => Self::Bad,
            CookieField::Value(value) => Self::Value(value),
        }
    }
}

impl From<WireCookie> for CookieField {
    fn from(cookie: WireCookie) -> Self {
        match cookie {
            WireCookie::Missing => Self::Missing,
            WireCookie::Bad => Self::Bad,
            WireCookie::Value(value) => Self::Value(value),
        }
    }
}

impl From<Command> for WireCommand {
    fn from(command: Command) -> Self {
        match command {
            Command::Get => Self::Get,
            Command::Acquire => Self::Acquire,
            Command::Release { cookie } => Self::Release { cookie: cookie.into() },
            Command::Set { timeout, uninitialised, cookie } => {
                Self::Set { timeout_minutes: timeout.minutes(), uninitialised, cookie: cookie.into() }
            }
            Command::Remove { cookie } => Self::Remove { cookie: cookie.into() },
            Command::Touch => Self::Touch,
        }
    }
}

impl TryFrom<WireCommand> for Command {
    type Error = Fault;

    fn try_from(command: WireCommand) -> Result<Self, Fault> {
        Ok(match command {
            WireCommand::Get => Self::Get,
            WireCommand::Acquire => Self::Acquire,
            WireCommand::Release { cookie } => Self::Release { cookie: cookie.into() },
            WireCommand::Set { timeout_minutes, uninitialised, cookie } => {
                Self::Set { timeout: timeout(timeout_minutes)?, uninitialised, cookie: cookie.into() }
            }
            WireCommand::Remove { cookie } => Self::Remove { cookie: cookie.into() },
            WireCommand::Touch => Self::Touch,
        })
    }
}

/// The timeout of `minutes`.
pub(super) fn timeout(minutes: u32) -> Result<Timeout, Fault> {
    Timeout::from_minutes(minutes).map_err(|_| Fault::Timeout(minutes))
}
