//! `kubectl port-forward` to one port of one pod, for as long as the value lives.

use std::process::Stdio;

use anyhow::bail;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, copy, sink};
use tokio::process::{Child, Command};

use super::{Pod, Port, not_started, said};
use crate::admin::AdminPort;

/// Enough of what kubectl says when it fails.
const SAID_BYTES_MAX: u64 = 4096;

/// A port of this machine that leads to a pod.
#[derive(Debug)]
pub(crate) struct Forward {
    pod: String,
    port: u16,
    /// Killed when it is dropped.
    _kubectl: Child,
}

impl Forward {
    /// Once connections are taken.
    pub(super) async fn open(mut kubectl: Command, pod: &Pod, port: Port) -> anyhow::Result<Self> {
        // The port of this machine is whichever is free.
        let pair = format!(":{}", pod.port(port));
        kubectl.args(["port-forward", "--address=127.0.0.1"]).arg(format!("pod/{}", pod.name)).arg(pair);
        let started = kubectl.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut kubectl = started.map_err(|error| not_started(&error))?;
        let (Some(stdout), Some(stderr)) = (kubectl.stdout.take(), kubectl.stderr.take()) else {
            bail!("kubectl has no output");
        };
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            let Some(port) = local_port(&line) else { continue };
            // It prints a line for each connection, and would stop at a full pipe.
            tokio::spawn(async move { copy(&mut lines.into_inner(), &mut sink()).await });
            tokio::spawn(async move { copy(&mut { stderr }, &mut sink()).await });
            return Ok(Self { pod: pod.name.clone(), port, _kubectl: kubectl });
        }
        let mut why = Vec::new();
        stderr.take(SAID_BYTES_MAX).read_to_end(&mut why).await?;
        bail!("{}", said(&why))
    }

    /// Where it leads to the pod from.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// It leads to the pod's admin port.
    pub(crate) fn admin_port(&self) -> AdminPort {
        AdminPort { node: self.pod.clone(), address: self.address() }
    }
}

/// The port in `Forwarding from 127.0.0.1:40123 -> 42424`.
fn local_port(line: &str) -> Option<u16> {
    line.strip_prefix("Forwarding from 127.0.0.1:")?.split_once(' ')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::local_port;

    #[test]
    fn the_port_is_where_kubectl_prints_it() {
        for (line, port) in [
            ("Forwarding from 127.0.0.1:40123 -> 42424", Some(40123)),
            ("Forwarding from [::1]:40123 -> 42424", None),
            ("Handling connection for 40123", None),
            ("Forwarding from 127.0.0.1:", None),
        ] {
            assert_eq!(local_port(line), port, "{line}");
        }
    }
}
