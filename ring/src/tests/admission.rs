//! Every pair of what is here and what arrives.

use crate::Verdict::{Bury, Drop, Keep, Take};
use crate::{Incoming, Local, Verdict, admit};

#[track_caller]
fn check(local: Local, incoming: Incoming, later: Verdict, first: Verdict) {
    assert_eq!((admit(local, incoming, false), admit(local, incoming, true)), (later, first));
}

#[test]
fn the_newer_copy_wins() {
    check(Local::Absent, Incoming::Row(3), Take, Take);
    check(Local::Row(4), Incoming::Row(3), Keep, Keep);
    check(Local::Row(3), Incoming::Row(3), Keep, Take);
    check(Local::Row(2), Incoming::Row(3), Take, Take);
}

#[test]
fn a_removed_session_stays_removed() {
    check(Local::Tombstone(4), Incoming::Row(3), Keep, Keep);
    check(Local::Tombstone(3), Incoming::Row(3), Keep, Keep);
    check(Local::Tombstone(2), Incoming::Row(3), Take, Take);
    check(Local::Absent, Incoming::Tombstone(3), Bury, Bury);
    check(Local::Tombstone(2), Incoming::Tombstone(3), Bury, Bury);
    check(Local::Tombstone(3), Incoming::Tombstone(3), Keep, Keep);
    check(Local::Row(2), Incoming::Tombstone(3), Drop, Drop);
    check(Local::Row(3), Incoming::Tombstone(3), Drop, Drop);
    check(Local::Row(4), Incoming::Tombstone(3), Keep, Keep);
}
