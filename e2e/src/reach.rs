//! A way to a Service: its address where that can be reached, else a forwarded port.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Service;
use kube::{Api, Client};

/// Where a Service can be reached for as long as this lives.
pub struct Reach {
    /// `address:port`.
    pub address: String,
    forward: Option<Child>,
}

impl Reach {
    pub(crate) async fn directly(
        client: &Client,
        namespace: &str,
        service: &str,
        port: u16,
    ) -> anyhow::Result<Self> {
        let found = Api::<Service>::namespaced(client.clone(), namespace).get(service).await?;
        let address = found
            .spec
            .and_then(|spec| spec.cluster_ip)
            .with_context(|| format!("the Service {service} has no address"))?;
        Ok(Self { address: format!("{address}:{port}"), forward: None })
    }

    /// `forward` is a `kubectl port-forward` that chooses its port and prints it.
    pub(crate) fn forwarded(forward: &mut Command) -> anyhow::Result<Self> {
        let mut forward =
            forward.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start kubectl")?;
        let mut line = String::new();
        let stdout = forward.stdout.take().expect("it was asked for");
        BufReader::new(stdout).read_line(&mut line)?;
        let Some(address) = forwarded_address(&line) else {
            let status = forward.wait()?;
            anyhow::bail!("kubectl port-forward ended with {status}; see what it wrote above");
        };
        Ok(Self { address, forward: Some(forward) })
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        if let Some(forward) = &mut self.forward {
            // One that has ended by itself needs no end.
            let _ = forward.kill();
            let _ = forward.wait();
        }
    }
}

/// `Forwarding from 127.0.0.1:40001 -> 42424`.
fn forwarded_address(line: &str) -> Option<String> {
    line.strip_prefix("Forwarding from ")?.split_ascii_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    //! What kubectl prints.

    use super::forwarded_address;

    #[test]
    fn the_forwarded_port_is_read() {
        let printed = "Forwarding from 127.0.0.1:40001 -> 42424\n";
        assert_eq!(forwarded_address(printed).as_deref(), Some("127.0.0.1:40001"));
        assert_eq!(forwarded_address(""), None);
    }
}
