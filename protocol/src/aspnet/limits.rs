//! Every bound on what a peer may send.

/// Bounds on one message. A message past any of them is a [`crate::aspnet::Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes from the first line to the blank line, both included.
    pub head_bytes: usize,
    /// Bytes of the request target as sent. An id of 80 characters, the most that ASP.NET sends,
    /// can encode to 720 bytes, and the application's id comes on top.
    pub target_bytes: usize,
    /// Header lines. Real clients send five.
    pub headers: usize,
    /// Bytes of the body. The wire itself ends at 2,147,483,647.
    pub body_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes: 16 << 10, target_bytes: 8 << 10, headers: 100, body_bytes: 64 << 20 }
    }
}
