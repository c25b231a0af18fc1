//! What the node promises to those who connect to it, tried over real sockets.

mod authority;
mod binary;
mod client;
mod clock;
mod drain;
mod encrypted;
mod eventually;
mod framing;
mod hostile;
mod limits;
mod malformed;
mod many;
mod node;
mod overdue;
mod property;
mod request;
mod tower_sessions;
mod wire;
