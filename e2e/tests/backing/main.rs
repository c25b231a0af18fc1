//! What a backing store keeps while nodes, networks and the store itself fail: with real pods and real engines, under a
//! load of unmodified protocol clients through the Service.
//!
//! Each test goes through all faults on one cluster, each fault with a load of its own, and prints what each load came to.
//! The last to end prints the table of all. Two run at once; with `CLOAKROOM_LONG` set to anything, they take longer.

#![expect(clippy::print_stdout, reason = "what a load came to is for people to read")]

mod fault;
mod ledger;
mod table;
mod trial;
mod write_behind;
mod write_through;
