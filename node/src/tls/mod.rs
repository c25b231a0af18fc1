//! Certificates from files, for every port that encrypts: how they are read, and read again when they change.

mod files;
mod reloading;

pub use files::TlsUnusable;

pub(crate) use files::{Identity, authority};
pub(crate) use reloading::Reloading;
