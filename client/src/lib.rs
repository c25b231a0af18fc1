//! A client of session nodes that speaks the ASP.NET state server protocol as the real one does.
//!
//! It is for programs and tools beside ASP.NET that read, change or look after sessions, and for
//! trying out a node. One [`Connection`] is one socket with one request at a time; there is no
//! pool and no retry, as neither can be right for everybody.
//!
//! ```no_run
//! use cloakroom_client::{Connection, Read, Session, Timeout};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cart = Session::new("/LM/W3SVC/1/ROOT", "k1im0mymglivv5rttkwn4fle")?;
//! let mut node = Connection::connect("127.0.0.1:42424").await?;
//! if let Read::Found(held) = node.get_exclusive(&cart).await? {
//!     let body = [held.item.body.as_slice(), b"one more"].concat();
//!     let written = node.set(&cart, &body, held.item.timeout, Some(held.cookie)).await?;
//!     println!("{written:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Failures
//! That a session is absent, or locked by somebody else, is an answer and no error. Of an
//! [`Error`], [`Error::side`] says where to look and [`Error::outcome_unknown`] whether the request
//! may have been carried out.
//!
//! | error | side | outcome |
//! |---|---|---|
//! | [`Error::Interrupted`], [`Error::EmptyBody`] | caller | not sent |
//! | [`Error::BadRequest`] | caller | not done |
//! | [`Error::Connect`] | network | not sent |
//! | [`Error::Io`], [`Error::Closed`], [`Error::TimedOut`] | network | unknown |
//! | [`Error::TooOld`], [`Error::Answer`], [`Error::Missing`], [`Error::Surplus`], [`Error::Status`] | server | unknown |
//!
//! After any of them but the first two connect anew: the connection refuses further requests.
//!
//! # Cancel safety
//! A request's future may be dropped, for example by a timeout of the caller's. Whether the server
//! carried it out is then unknown, and its answer may still arrive; so the connection refuses
//! further requests with [`Error::Interrupted`] instead of mistaking one answer for another. A lock
//! granted that way stays until somebody releases it.

mod clock;
mod connection;
mod error;
mod outcome;
mod session;

pub use cloakroom_protocol::aspnet::{BadSessionId, Fault, Lock};
pub use cloakroom_session::Timeout;
pub use connection::Connection;
pub use error::{Error, Side};
pub use outcome::{Held, Item, Read, Written};
pub use session::Session;
