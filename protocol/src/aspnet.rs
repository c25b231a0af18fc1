//! The ASP.NET state server protocol: HTTP-like requests on persistent connections (MS-ASP 13.0).
//!
//! It is not HTTP: the request target is percent-encoded as a whole and has no leading slash, and
//! the status line has no version. So both directions are parsed here, by hand.
//!
//! | direction | server | client |
//! |---|---|---|
//! | requests | [`Decoder`], [`key_into`] | [`Request`], [`target`] |
//! | answers | [`answer_head`], [`bad_request`] | [`AnswerDecoder`], [`Reader`] |
//!
//! Where sources disagree, Microsoft's published reference source and captures of real traffic
//! decide, then the text of MS-ASP, then its examples. Spellings that only its examples have
//! (`Lock-Cookie`, `Exclusive: Acquire`) are accepted and never sent.

mod answer;
mod decode;
mod encode;
mod fault;
mod field;
mod fields;
mod key;
mod limits;
mod line;
mod lock_date;
mod number;
mod reading;
mod refusal;
mod request;
mod request_line;
mod style;
mod target;

pub use answer::{AnswerDecoder, AnswerHead};
pub use decode::{Decoder, Head, Meaning};
pub use encode::{answer_head, bad_request};
pub use fault::Fault;
pub use key::key_into;
pub use limits::Limits;
pub use lock_date::lock_date;
pub use reading::{AnswerError, Lock, Reader, Reading, Unwritten};
pub use refusal::Refusal;
pub use request::Request;
pub use style::{AnswerStyle, BadVersion};
pub use target::{BadSessionId, target};
