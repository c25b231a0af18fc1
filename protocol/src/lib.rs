//! Bytes and what they mean: the wire protocols of sessions, without sockets.
//!
//! [`aspnet`] is the protocol of the ASP.NET state server. Each half is here once: the server
//! decodes requests and encodes answers, clients and tests encode requests and decode answers.
//! Nothing in this crate reads a socket, a clock or a random number; what is decoded borrows the
//! caller's buffer, what is encoded goes into it.

pub mod aspnet;
#[cfg(feature = "transcripts")]
pub mod transcript;
