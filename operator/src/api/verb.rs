//! What can be done to an object, in the words of a role.

use std::fmt;

/// A verb, and the subresource it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Create,
    Update,
    Patch,
    PatchStatus,
    Delete,
}

impl Verb {
    /// What a role appends to the resource's name.
    pub(crate) fn subresource(self) -> &'static str {
        if self == Self::PatchStatus { "/status" } else { "" }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch | Self::PatchStatus => "patch",
            Self::Delete => "delete",
        })
    }
}
