//! What the operator's process is told; the same for every cluster.

/// Read from the command line once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Image of nodes whose resource names none.
    pub node_image: String,
    /// Namespace of the operator's own pods.
    pub namespace: String,
}
