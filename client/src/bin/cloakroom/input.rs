//! What is typed or piped in while the program runs. It is waited for beside everything else, so that the program can be
//! interrupted meanwhile.

use std::io::{self, Read as _};

use anyhow::Context as _;

/// The next line.
pub(crate) async fn line() -> anyhow::Result<String> {
    read(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    })
    .await
}

/// All there is to its end.
pub(crate) async fn all() -> anyhow::Result<Vec<u8>> {
    read(|| {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    })
    .await
}

async fn read<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(read).await?.context("cannot read standard input")
}
