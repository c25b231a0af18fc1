//! What an error means for whoever asked.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::backing::{Fault, FaultKind};

/// What became of a question. A connection that `asks_again` may have been heard before it failed, however the last
/// attempt ended.
pub(super) fn of(error: &RedisError, asks_again: bool) -> Fault {
    Fault::new(kind(error, asks_again), error)
}

/// What became of an attempt to connect: nothing was asked.
pub(super) fn of_connecting(error: &RedisError) -> Fault {
    let kind = match kind(error, false) {
        FaultKind::NoAnswer => FaultKind::Unreachable,
        kind => kind,
    };
    Fault::new(kind, error)
}

/// A question that was not answered within `timeout`.
pub(super) fn too_late(timeout: Duration) -> Fault {
    Fault::new(FaultKind::NoAnswer, format!("no answer within {} ms", timeout.as_millis()))
}

/// An attempt to connect that took longer than `timeout`.
pub(super) fn not_there(timeout: Duration) -> Fault {
    Fault::new(FaultKind::Unreachable, format!("no connection within {} ms", timeout.as_millis()))
}

/// Whether another connection may do better: to who is master now, with the credentials of now.
pub(super) fn doubts(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::Unreachable | FaultKind::NoAnswer | FaultKind::ReadOnly => true,
        FaultKind::Full => false,
        FaultKind::Refused => fault.message.contains("NOAUTH") || fault.message.contains("WRONGPASS"),
    }
}

fn kind(error: &RedisError, asks_again: bool) -> FaultKind {
    let not_done = if asks_again { FaultKind::NoAnswer } else { FaultKind::Unreachable };
    match error.kind() {
        ErrorKind::Server(server) => match server {
            ServerErrorKind::ReadOnly => FaultKind::ReadOnly,
            // The engine says that it did nothing, or that somebody else would have to.
            ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::Moved
            | ServerErrorKind::Ask => not_done,
            _ => FaultKind::Refused,
        },
        ErrorKind::Extension => match error.code().unwrap_or_default() {
            // Its memory; its disk.
            "OOM" | "MISCONF" => FaultKind::Full,
            // Too few replicas listen.
            "NOREPLICAS" => FaultKind::ReadOnly,
            // A script of somebody else's does not end.
            "BUSY" => not_done,
            _ => FaultKind::Refused,
        },
        ErrorKind::ClusterConnectionNotFound
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel => not_done,
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::RESP3NotSupported => FaultKind::Refused,
        // The connection broke, or what came was no answer.
        _ => FaultKind::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    //! Errors in, kinds out.

    use std::io;

    use redis::{ErrorKind, RedisError, ServerErrorKind, make_extension_error};

    use super::{of, of_connecting};
    use crate::backing::FaultKind;

    fn server(kind: ServerErrorKind) -> RedisError {
        (ErrorKind::Server(kind), "said").into()
    }

    fn said(code: &str) -> RedisError {
        make_extension_error(code.to_owned(), None)
    }

    #[test]
    fn what_was_certainly_not_done_is_told_from_what_may_have_been() {
        for (error, asked, asked_again, connecting) in [
            (
                server(ServerErrorKind::ReadOnly),
                FaultKind::ReadOnly,
                FaultKind::ReadOnly,
                FaultKind::ReadOnly,
            ),
            (said("OOM"), FaultKind::Full, FaultKind::Full, FaultKind::Full),
            (said("MISCONF"), FaultKind::Full, FaultKind::Full, FaultKind::Full),
            (said("NOAUTH"), FaultKind::Refused, FaultKind::Refused, FaultKind::Refused),
            (said("WRONGTYPE"), FaultKind::Refused, FaultKind::Refused, FaultKind::Refused),
            (
                server(ServerErrorKind::BusyLoading),
                FaultKind::Unreachable,
                FaultKind::NoAnswer,
                FaultKind::Unreachable,
            ),
            (
                server(ServerErrorKind::ClusterDown),
                FaultKind::Unreachable,
                FaultKind::NoAnswer,
                FaultKind::Unreachable,
            ),
            (
                io::Error::from(io::ErrorKind::BrokenPipe).into(),
                FaultKind::NoAnswer,
                FaultKind::NoAnswer,
                FaultKind::Unreachable,
            ),
        ] {
            assert_eq!(of(&error, false).kind, asked, "{error}");
            assert_eq!(of(&error, true).kind, asked_again, "{error}");
            assert_eq!(of_connecting(&error).kind, connecting, "{error}");
        }
    }
}
