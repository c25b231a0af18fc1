//! What failed, and in what state it left the machine and the cluster: everything that somebody needs who sees
//! the end of the output alone.

use std::process::Stdio;

use crate::{cluster, failure::Failure, machine};

/// Failures whose words are repeated; of the others the names.
const TOLD: usize = 30;
/// Lines about the cluster.
const OF_CLUSTER: usize = 60;

/// Prints it.
pub(crate) fn print(failures: &[Failure], uses_cluster: bool) {
    println!("\n== what failed");
    tell(failures).iter().for_each(|line| println!("{line}"));
    println!("\n== the machine now");
    machine::describe().iter().for_each(|line| println!("{line}"));
    if uses_cluster {
        println!("\n== the cluster now");
        bounded(&of_cluster(), OF_CLUSTER).iter().for_each(|line| println!("{line}"));
    }
}

fn tell(failures: &[Failure]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, Failure { name, said }) in failures.iter().enumerate() {
        lines.push(name.clone());
        if index < TOLD {
            lines.extend(said.iter().map(|line| format!("    {line}")));
        }
    }
    lines
}

fn of_cluster() -> Vec<String> {
    let said = cluster::program().and_then(|program| {
        let Some(mut program) = program else { return Ok("it cannot be compiled".to_owned()) };
        let output = program.arg("status").stdin(Stdio::null()).output()?;
        let both = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&both).into_owned())
    });
    let said = said.unwrap_or_else(|error| format!("{error:#}"));
    said.lines().map(str::to_owned).collect()
}

/// The first `most` lines, and how many there are more.
fn bounded(lines: &[String], most: usize) -> Vec<String> {
    let mut shown: Vec<_> = lines.iter().take(most).cloned().collect();
    if lines.len() > most {
        shown.push(format!("and {} lines more", lines.len() - most));
    }
    shown
}

#[cfg(test)]
mod tests {
    //! How much is told.

    use super::{Failure, TOLD, bounded, tell};

    #[test]
    fn every_failure_is_named_and_the_first_ones_are_quoted() {
        let failure = |number| Failure { name: format!("test {number}"), said: vec!["no".to_owned()] };
        let failures: Vec<_> = (0..TOLD + 5).map(failure).collect();
        let lines = tell(&failures);
        assert_eq!(lines[..3], ["test 0", "    no", "test 1"]);
        assert_eq!(lines.len(), 2 * TOLD + 5);
        assert_eq!(lines[2 * TOLD..][..2], ["test 30", "test 31"]);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let lines = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(bounded(&lines, 3), lines);
        assert_eq!(bounded(&lines, 1), ["a", "and 2 lines more"]);
    }
}
