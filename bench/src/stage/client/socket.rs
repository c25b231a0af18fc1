//! The same bytes by hand: what cannot be saved by anybody who asks a node.

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use cloakroom_protocol::aspnet::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    caller::{Call, Errand},
    is_over,
};
use crate::clock::Clock;

/// As every request names the node.
const HOST: &str = "127.0.0.1";

/// A socket of the runtime.
pub(super) struct Socket {
    stream: tokio::net::TcpStream,
    buffer: Vec<u8>,
}

impl Socket {
    pub(super) async fn connect(address: &str) -> Result<Self> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    pub(super) async fn make(&mut self, call: Call, errand: &Errand) -> Result<()> {
        match call {
            Call::Get => self.exchange(&Request::Get, errand).await.map(drop),
            Call::Put => self.exchange(&errand.put(0), errand).await.map(drop),
            Call::LockThenPut => {
                let cookie =
                    self.exchange(&Request::Acquire, errand).await?.context("no lock was granted")?;
                self.exchange(&errand.put(cookie), errand).await.map(drop)
            }
        }
    }

    async fn exchange(&mut self, request: &Request<'_>, errand: &Errand) -> Result<Option<i32>> {
        self.buffer.clear();
        request.encode(&mut self.buffer, HOST, &errand.target);
        self.stream.write_all(&self.buffer).await?;
        self.buffer.clear();
        while !is_whole(&self.buffer) {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the node closed the connection");
        }
        judged(&self.buffer, request, errand)
    }
}

/// A socket of a thread that waits for it.
pub(super) struct Blocking {
    stream: std::net::TcpStream,
    buffer: Vec<u8>,
    input: Box<[u8]>,
}

impl Blocking {
    pub(super) fn connect(address: &str) -> Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), input: vec![0; 16 << 10].into() })
    }

    /// As of the callers that share a runtime.
    pub(super) fn spend(&mut self, call: Call, errand: &Errand, window: Duration) -> Result<u64> {
        self.exchange(&errand.put(0), errand)?;
        let (clock, mut requests) = (Clock::start(), 0);
        while !is_over(clock, requests, window) {
            match call {
                Call::Get => drop(self.exchange(&Request::Get, errand)?),
                Call::Put => drop(self.exchange(&errand.put(0), errand)?),
                Call::LockThenPut => {
                    let cookie = self.exchange(&Request::Acquire, errand)?.context("no lock was granted")?;
                    self.exchange(&errand.put(cookie), errand)?;
                }
            }
            requests += call.requests();
        }
        Ok(requests)
    }

    fn exchange(&mut self, request: &Request<'_>, errand: &Errand) -> Result<Option<i32>> {
        self.buffer.clear();
        request.encode(&mut self.buffer, HOST, &errand.target);
        self.stream.write_all(&self.buffer)?;
        self.buffer.clear();
        while !is_whole(&self.buffer) {
            let read = self.stream.read(&mut self.input)?;
            ensure!(read > 0, "the node closed the connection");
            self.buffer.extend_from_slice(&self.input[..read]);
        }
        judged(&self.buffer, request, errand)
    }
}

/// The length of the content is the last header, as it is in every answer.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = find(answer, b"\r\n\r\n") else { return false };
    let length = number_after(&answer[..end], b"Content-Length: ").unwrap_or(0);
    usize::try_from(length).is_ok_and(|length| answer.len() >= end + 4 + length)
}

/// The lock's cookie, if there is one and the answer is the right one.
fn judged(answer: &[u8], request: &Request<'_>, errand: &Errand) -> Result<Option<i32>> {
    let reads = matches!(request, Request::Get | Request::Acquire);
    ensure!(answer.starts_with(b"200 OK") && (!reads || answer.ends_with(&errand.body)), "a wrong answer");
    let head = &answer[..find(answer, b"\r\n\r\n").unwrap_or(answer.len())];
    Ok(number_after(head, b"LockCookie: "))
}

fn number_after(head: &[u8], name: &[u8]) -> Option<i32> {
    let digits = &head[find(head, name)? + name.len()..];
    let digits = &digits[..digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len())];
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::{is_whole, number_after};

    #[test]
    fn an_answer_is_whole_with_its_content() {
        let answer = b"200 OK\r\nLockCookie: 12\r\nContent-Length: 3\r\n\r\nabc";
        for length in 0..answer.len() {
            assert!(!is_whole(&answer[..length]), "{length}");
        }
        assert!(is_whole(answer));
        assert_eq!(number_after(answer, b"LockCookie: "), Some(12));
        assert_eq!(number_after(answer, b"Timeout: "), None);
    }
}
