//! Two data centres that share their sessions, and what happens to these when one of them is lost: two clusters in two
//! namespaces behind one PostgreSQL, with real pods, under a load of unmodified protocol clients and under one of the client
//! library.
//!
//! One after the other, because each wants the machine for itself. Each prints what its load came to.

#![expect(clippy::print_stdout, reason = "what a load came to is for people to read")]

mod group;
mod keys;
mod lost;
mod rolled;
