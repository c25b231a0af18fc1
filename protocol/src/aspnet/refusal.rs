//! Requests that can be framed but not obeyed.

use std::fmt;

/// Why a well-framed request is answered 400 whatever is stored. The connection stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Not GET, PUT, DELETE or HEAD.
    Method,
    /// `Exclusive` on GET is neither `acquire` nor `release`.
    Exclusive,
    /// `Timeout` on PUT is not a number of 0 to 525,600.
    Timeout,
    /// `ExtraFlags` on PUT is not a number.
    ExtraFlags,
    /// PUT without content: clients read an empty session as an absent one.
    EmptyBody,
}

impl Refusal {
    /// A fixed word, for metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.texts().0
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Method => ("method", "the method is not GET, PUT, DELETE or HEAD"),
            Self::Exclusive => ("exclusive", "Exclusive is neither `acquire` nor `release`"),
            Self::Timeout => ("timeout", "Timeout is not a number of minutes from 0 to 525600"),
            Self::ExtraFlags => ("extra_flags", "ExtraFlags is not a number"),
            Self::EmptyBody => {
                ("empty_body", "the body is empty: a session without content is an absent one")
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().1)
    }
}

impl std::error::Error for Refusal {}
