//! Credentials and certificates of the engine: files that are read anew for each connection, so that a new one uses
//! what is in them then.

use std::fs;
use std::io;
use std::path::Path;

use cloakroom_node_config::EngineTls;

use super::{Fault, FaultKind};

/// The certificates of one connection, as the files have them.
#[derive(Clone)]
pub(super) struct Pem {
    /// Who signed the engine's certificate; those whom the machine trusts if absent.
    pub(super) authority: Option<Vec<u8>>,
    /// The certificate that this node shows, and its private key.
    pub(super) own: Option<(Vec<u8>, Vec<u8>)>,
}

impl Pem {
    /// What is in the files now.
    ///
    /// # Errors
    /// One cannot be read: nothing was asked.
    pub(super) fn read(files: &EngineTls) -> Result<Self, Fault> {
        let read = |path: &Path| fs::read(path).map_err(|error| unreadable(path, &error));
        let authority = files.ca_file.as_deref().map(read).transpose()?;
        let own = match (&files.cert_file, &files.key_file) {
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => None,
        };
        Ok(Self { authority, own })
    }
}

/// The credential in a file, without the line's end. A file that does not exist is one that there is none of.
///
/// # Errors
/// It cannot be read: nothing was asked.
pub(super) fn word(path: Option<&Path>) -> Result<Option<String>, Fault> {
    let Some(path) = path else { return Ok(None) };
    match fs::read_to_string(path) {
        Ok(text) => {
            let word = text.strip_suffix('\n').unwrap_or(&text);
            Ok(Some(word.strip_suffix('\r').unwrap_or(word).to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault::new(FaultKind::Refused, format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    //! Files in, words out.

    use std::fs;

    use super::word;

    #[test]
    fn a_word_is_what_stands_before_the_lines_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (text, read) in [("secret", "secret"), ("secret\n", "secret"), ("a b \r\n", "a b "), ("", "")] {
            fs::write(&path, text).unwrap();
            assert_eq!(word(Some(&path)).unwrap().as_deref(), Some(read));
        }
        assert_eq!(word(Some(&folder.path().join("absent"))).unwrap(), None);
        assert_eq!(word(None).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_is_no_absence() {
        let folder = tempfile::tempdir().unwrap();
        let message = word(Some(folder.path())).unwrap_err().to_string();
        assert!(message.contains("cannot read"), "{message}");
    }
}
