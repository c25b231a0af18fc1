//! What people see while nodes die: the example shop, driven by a real browser.
//!
//! `cargo xtask test --only tools` installs Chromium and what drives it; `cargo xtask test --only e2e` runs this after
//! the others, because it wants the machine for itself.

#![expect(clippy::print_stdout, reason = "what the clicks came to is for people to read")]

mod killed_and_rolled;
mod process;
mod ring_file;
mod shop;
mod visitors;
