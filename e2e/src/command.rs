//! Running a program to its end, with an error that says what it said.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use anyhow::{Context as _, ensure};

/// What `command` prints.
///
/// # Errors
/// It cannot be started, or it fails: with what it wrote to standard error.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", shown(command)))?;
    printed(command, output)
}

/// [`output`] of a program that is fed `input`.
///
/// # Errors
/// See [`output`].
pub fn output_of_input(command: &mut Command, input: &[u8]) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    // A program that stops reading says why on standard error, which is the better message.
    let fed = stdin.write_all(input);
    drop(stdin);
    let printed = printed(command, child.wait_with_output()?)?;
    fed.with_context(|| format!("{} did not read all it was given", shown(command)))?;
    Ok(printed)
}

/// What `command` has printed, if it ended well.
fn printed(command: &Command, output: Output) -> anyhow::Result<String> {
    ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        shown(command),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", shown(command)))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    //! Programs that end well and badly.

    use std::process::Command;

    use super::{output, output_of_input};

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn what_it_prints_is_returned() {
        assert_eq!(output(&mut shell("printf shop")).unwrap(), "shop");
        assert_eq!(output_of_input(&mut shell("cat"), b"fed").unwrap(), "fed");
    }

    #[test]
    fn what_it_complains_of_is_in_the_error() {
        for failed in [
            output(&mut shell("echo no such shop >&2; exit 3")),
            output_of_input(&mut shell("echo no such shop >&2; exit 3"), &[0; 1 << 20]),
        ] {
            let message = format!("{:#}", failed.unwrap_err());
            assert!(message.contains("exit status: 3: no such shop"), "{message}");
        }
    }
}
