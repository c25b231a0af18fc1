//! Mode and fault, and what they came to.

use std::sync::Mutex;

use cloakroom_e2e::{
    engine::{Flavour, Mode},
    load::{Report, Wrong},
};

static ROWS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Adds a row. `counted` is what the nodes say was lost.
pub(crate) fn add(mode: Mode, flavour: Flavour, fault: &str, report: &Report, counted: u64) {
    let row = format!(
        "| {mode:?} | {flavour:?} | {fault} | {} | {} | {} | {counted} | {:.0} ms | {} |",
        report.requests(),
        report.errors(),
        report.lost_for_good(),
        report.longest_hold().as_secs_f64() * 1_000.0,
        report.wrongs(Wrong::GrantedTwice),
    );
    ROWS.lock().expect("nobody panics with it").push(row);
}

/// Prints all rows so far.
pub(crate) fn print() {
    let mut rows = ROWS.lock().expect("nobody panics with it").clone();
    rows.sort();
    println!(
        "\n| mode | engine | fault | operations | errors | lost | counted by nodes | longest hold | double holders |"
    );
    println!("|---|---|---|---:|---:|---:|---:|---:|---:|");
    rows.iter().for_each(|row| println!("{row}"));
}
