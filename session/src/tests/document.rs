//! `docs/semantics.md` and `step` say the same: every row of the page is run, and every case has one row.

use std::collections::BTreeMap;

use super::{MINUTE, NOW, at, free, minutes};
use crate::{Change, Command, CookieField, Effect, Entry, Outcome, invariant, step};

const PAGE: &str = include_str!("../../../docs/semantics.md");
const OWN: i32 = 7;
const OTHER: i32 = 5;

/// The cells of the table under `heading`, row by row.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = PAGE.split_once(&format!("## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn states() -> [(&'static str, Option<Entry>); 4] {
    [
        ("absent", None),
        ("new", Some(Entry { uninitialised: true, ..free() })),
        ("free", Some(free())),
        ("locked", Some(Entry { locked_since: Some(NOW), ..free() })),
    ]
}

fn commands() -> Vec<(String, Command)> {
    let cookies = [
        ("own", CookieField::Value(OWN)),
        ("other", CookieField::Value(OTHER)),
        ("none", CookieField::Missing),
        ("bad", CookieField::Bad),
    ];
    let uninitialised =
        Command::Set { timeout: minutes(2), uninitialised: true, cookie: CookieField::Missing };
    let mut commands = vec![
        ("get".to_owned(), Command::Get),
        ("acquire".to_owned(), Command::Acquire),
        ("touch".to_owned(), Command::Touch),
        ("set-uninitialised".to_owned(), uninitialised),
    ];
    for (word, cookie) in cookies {
        commands.push((format!("release {word}"), Command::Release { cookie }));
        commands.push((format!("remove {word}"), Command::Remove { cookie }));
        commands.push((format!("set same {word}"), super::set(minutes(1), cookie)));
        commands.push((format!("set changed {word}"), super::set(minutes(2), cookie)));
    }
    commands
}

fn answer(outcome: Outcome) -> String {
    let (word, initialise) = match outcome {
        Outcome::Found { initialise, .. } => ("found", initialise),
        Outcome::Acquired { initialise, .. } => ("acquired", initialise),
        Outcome::Released { initialise } => ("released", initialise),
        Outcome::Refused { initialise } => ("refused", initialise),
        Outcome::Stored => ("stored", false),
        Outcome::Removed => ("removed", false),
        Outcome::Touched => ("touched", false),
        Outcome::Absent => ("absent", false),
        Outcome::Locked { .. } => ("locked", false),
    };
    format!("{word}{}", if initialise { "+init" } else { "" })
}

fn letter(entry: Option<Entry>) -> &'static str {
    match entry {
        None => "absent",
        Some(entry) if entry.locked_since.is_some() => "locked",
        Some(entry) if entry.uninitialised => "new",
        Some(_) => "free",
    }
}

/// Where the stored cookie comes from. The cases of the page keep these numbers apart.
fn cookie(before: Option<Entry>, after: Option<Entry>) -> &'static str {
    match after.map(|entry| entry.cookie) {
        None => "-",
        Some(1) => "1",
        Some(-1) => "-1",
        Some(OTHER) => "shown",
        Some(cookie) if before.is_some_and(|entry| entry.cookie == cookie) => "kept",
        Some(cookie) if before.is_some_and(|entry| entry.cookie + 1 == cookie) => "next",
        Some(_) => "unexplained",
    }
}

/// What `step` does, in the words of the page.
fn done(entry: Option<Entry>, command: Command) -> [String; 4] {
    let input = at(NOW.plus_millis(MINUTE / 2));
    let step = step(input, entry, command);
    assert_eq!(invariant::broken(input, entry, command, &step), None, "{command:?} on {entry:?}");
    let (after, store) = match step.effect {
        Effect::None => (entry, "-"),
        Effect::Touch(entry, Change::Renewed) => (Some(entry), "renew"),
        Effect::Touch(entry, Change::LockOrFlag) => (Some(entry), "touch"),
        Effect::Put(entry) => (Some(entry), "put"),
        Effect::Remove => (None, "remove"),
    };
    [answer(step.outcome), letter(after).to_owned(), cookie(entry, after).to_owned(), store.to_owned()]
}

#[test]
fn the_page_has_one_true_row_for_every_state_and_command() {
    let mut written = BTreeMap::new();
    for row in table("States and commands") {
        let [states, commands, expected @ ..] = row.as_slice() else { panic!("{row:?}") };
        for state in states.split(", ") {
            for command in commands.split(", ") {
                let again = written.insert((state.to_owned(), command.to_owned()), expected.to_vec());
                assert_eq!(again, None, "{state} and {command} have two rows");
            }
        }
    }
    for (state, entry) in states() {
        for (word, command) in commands() {
            let row = written.remove(&(state.to_owned(), word.clone()));
            assert_eq!(row.unwrap_or_default(), done(entry, command), "{state}: {word}");
        }
    }
    assert!(written.is_empty(), "rows that mean nothing: {:?}", written.keys());
}

#[test]
fn the_page_names_every_invariant() {
    let written: Vec<_> = table("Invariants").into_iter().map(|row| row[0].trim_matches('`')).collect();
    let checked: Vec<_> = invariant::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(written, checked);
}
