//! What PostgreSQL says when it does not do what it was asked, in the words that callers act on.
//!
//! Each statement is a transaction by itself, so an error report of the server means that nothing was done. Only
//! when a connection ends in the middle does nobody know.

use std::error::Error as _;

use tokio_postgres::error::{DbError, SqlState};

use crate::backing::{Fault, FaultKind};

/// Of a statement that was sent.
pub(super) fn answered(error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(error) => reported(error),
        None => Fault::new(FaultKind::NoAnswer, chain(error)),
    }
}

/// The detail of a report is left out: it may show a session's key.
fn reported(error: &DbError) -> Fault {
    Fault::new(kind(error.code()), format_args!("{} (SQLSTATE {})", error.message(), error.code().code()))
}

/// By the code of the report, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn kind(code: &SqlState) -> FaultKind {
    match code.code() {
        "25006" => FaultKind::ReadOnly,
        // Too many connections, cancelled, starting up, and the ways in which one of two statements has to yield.
        "53300" | "57014" | "57P03" | "40001" | "40P01" | "55P03" => FaultKind::Unreachable,
        // The server goes away. What had been committed before may be in there, unanswered.
        "57P01" | "57P02" | "57P05" | "40003" => FaultKind::NoAnswer,
        code if code.starts_with("08") => FaultKind::NoAnswer,
        code if code.starts_with("53") => FaultKind::Full,
        _ => FaultKind::Refused,
    }
}

/// An error and its causes: the outermost alone says no more than that there was one.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.ends_with(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_to_do() {
        for (code, expected) in [
            ("25006", FaultKind::ReadOnly),
            ("53100", FaultKind::Full),
            ("53200", FaultKind::Full),
            ("53300", FaultKind::Unreachable),
            ("57014", FaultKind::Unreachable),
            ("57P03", FaultKind::Unreachable),
            ("57P01", FaultKind::NoAnswer),
            ("08006", FaultKind::NoAnswer),
            ("28P01", FaultKind::Refused),
            ("28000", FaultKind::Refused),
            ("42501", FaultKind::Refused),
            ("23514", FaultKind::Refused),
        ] {
            assert_eq!(kind(&SqlState::from_code(code)), expected, "{code}");
        }
    }
}
