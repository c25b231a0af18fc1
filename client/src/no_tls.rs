//! What stands for encryption where the crate was built without it: nothing that could be made.

use std::convert::Infallible;
use std::io;

use tokio::net::TcpStream;

use crate::stream::Stream;

#[derive(Debug)]
pub(crate) struct Tls(Infallible);

impl Tls {
    #[expect(clippy::unused_async, reason = "it stands for one that waits")]
    pub(crate) async fn connect(&self, _: TcpStream, _: &str) -> io::Result<Stream> {
        match self.0 {}
    }
}
