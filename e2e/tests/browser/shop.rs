//! The example shop as a process.

use std::{env, path::Path, process::Command};

use cloakroom_e2e::{
    checkout, output,
    testbed::{Sandbox, within},
};

use crate::process::Process;

/// A shop that is open until this is dropped.
pub(crate) struct Shop {
    /// Its address in a browser.
    pub(crate) url: String,
    _process: Process,
}

impl Shop {
    /// Builds it and opens it; it finds its nodes by the ring in a file.
    pub(crate) async fn open(at: &Sandbox, ring: &Path) -> Self {
        // Beside this test, so that nothing is compiled twice.
        let test = env::current_exe().expect("it runs");
        let target = test.ancestors().nth(3).expect("TARGET/debug/deps/this");
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--package",
            "cloakroom-client",
            "--example",
            "shop",
            "--target-dir",
        ]);
        output(build.arg(target).current_dir(checkout())).expect("the shop compiles");
        let mut open = at.cluster.command(target.join("debug/examples/shop"));
        open.args(["--listen", "127.0.0.1:0", "--ring-file"]).arg(ring);
        let (process, mut lines) = Process::start(&mut open);
        let line = within("the shop opens", lines.recv()).await.expect("it says where");
        let url = line.strip_prefix("the shop is open at ").unwrap_or_else(|| panic!("{line}"));
        Self { url: url.to_owned(), _process: process }
    }
}
