//! Visitors with a real browser (`e2e/browser/visitors.mjs`), and what they saw.

use std::{collections::BTreeMap, process::Command};

use cloakroom_e2e::{
    checkout, output,
    testbed::{Sandbox, within},
};
use serde::Deserialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::process::Process;

/// Some visitors of one shop, who click one after the other, again and again.
pub(crate) struct Visitors {
    process: Process,
    lines: UnboundedReceiver<String>,
    /// Session ids by visitor.
    sessions: BTreeMap<usize, String>,
}

/// A line of the script.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Arrived { visitor: usize, session: String },
    Clicked { right: bool, ms: u64 },
    Done(Sum),
}

/// What all clicks came to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sum {
    pub(crate) clicks: u64,
    /// Clicks after which a page did not show what it has to.
    pub(crate) wrong: u64,
    /// Errors of pages, scripts and requests.
    pub(crate) troubles: Vec<String>,
    pub(crate) median_ms: u64,
    pub(crate) p99_ms: u64,
    pub(crate) longest_ms: u64,
}

impl Visitors {
    /// Opens a browser, in which they log in at `url`.
    pub(crate) async fn arrive(at: &Sandbox, url: &str, count: usize) -> Self {
        let scripts = checkout().join("e2e/browser");
        let modules = output(Command::new("node").arg(scripts.join("install.mjs")))
            .expect("`cargo xtask test --only tools` says what is missing");
        let mut browse = at.cluster.command("node");
        browse.arg(scripts.join("visitors.mjs")).args([modules.trim(), "/usr/bin/chromium", url]);
        let (process, lines) = Process::start(browse.arg(count.to_string()));
        let mut visitors = Self { process, lines, sessions: BTreeMap::new() };
        while visitors.sessions.len() < count {
            visitors.next().await;
        }
        visitors
    }

    /// The session of one who stays to the end.
    pub(crate) fn session(&self, visitor: usize) -> &str {
        &self.sessions[&visitor]
    }

    /// Lets them click on until `event` is over, and then `more` times; returns the longest wait for a page in
    /// milliseconds.
    pub(crate) async fn click_during(&mut self, more: usize, event: impl Future<Output = ()>) -> u64 {
        let mut longest = 0;
        let mut event = Box::pin(event);
        loop {
            tokio::select! {
                biased;
                () = &mut event => break,
                ms = self.click() => longest = longest.max(ms),
            }
        }
        for _ in 0..more {
            longest = longest.max(self.click().await);
        }
        longest
    }

    /// The next click's milliseconds.
    async fn click(&mut self) -> u64 {
        loop {
            if let Line::Clicked { ms, .. } = self.next().await {
                return ms;
            }
        }
    }

    async fn next(&mut self) -> Line {
        let line = within("the visitors click", self.lines.recv()).await;
        let line = line.expect("the browser runs; see what it wrote above");
        let parsed = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        match &parsed {
            Line::Arrived { visitor, session } => {
                self.sessions.insert(*visitor, session.clone());
            }
            Line::Clicked { right: false, .. } => println!("{line}"),
            Line::Clicked { .. } | Line::Done(_) => {}
        }
        parsed
    }

    /// Has them leave, and sums up.
    pub(crate) async fn leave(mut self) -> Sum {
        self.process.close_stdin();
        loop {
            if let Line::Done(sum) = self.next().await {
                return sum;
            }
        }
    }
}
