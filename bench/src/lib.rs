//! Measures Cloakroom beside other stores, on one machine, in one run, at equal cost for all.
//!
//! From the inside out: `request` says what is asked, `dialect` how that looks on each wire,
//! `engine` moves the bytes; `closed` and `open` decide when to ask, `bulk`, `mix` and `open` what;
//! `population` checks every answer. `peer` and `server` start the servers, `backing` the engines behind them, `stage` holds one
//! question each, `results`, `report` and `plot` write down the answers.
#![allow(clippy::print_stderr, reason = "a command-line tool reports its progress there")]

mod all;
mod backing;
mod binaries;
pub mod body;
mod bulk;
mod cli;
mod clock;
mod closed;
mod connection;
mod dialect;
pub mod distribution;
mod engine;
mod execute;
mod key;
mod machine;
mod mix;
mod modes;
mod open;
mod peer;
mod ping;
mod plot;
mod population;
mod postgres;
mod probe;
mod process;
mod report;
mod request;
mod results;
mod server;
mod stage;
mod statistics;
mod watch;

pub use cli::Cli;
pub use execute::execute;
