//! Text to configuration and back.

use crate::NodeConfig;

/// A text that is not a node's configuration. The message names the line and what may stand there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(#[from] serde_yaml::Error);

impl NodeConfig {
    /// Reads a configuration. Keys that are left out have their defaults; an empty text is all defaults.
    ///
    /// # Errors
    /// [`Unreadable`] for text that is not YAML, an unknown key, or a value of the wrong kind.
    pub fn from_yaml(text: &str) -> Result<Self, Unreadable> {
        Ok(serde_yaml::from_str(text)?)
    }

    /// Writes the configuration out in full; [`NodeConfig::from_yaml`] reads the same one back.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("every key is text, and a path that came from text is text")
    }
}
