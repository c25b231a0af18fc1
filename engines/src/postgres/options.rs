//! What a server is told.

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr},
};

use crate::TlsFiles;

/// How a server is started; the default admits everybody on 127.0.0.1 and does not wait for its disk.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Of the user `postgres`; nobody is asked for one if absent.
    pub password: Option<String>,
    /// With these it speaks TLS only, and wants a client's certificate.
    pub tls: Option<TlsFiles>,
    /// Whether a commit waits for the disk. Without, a killed server still forgets nothing, a machine does.
    pub durable: bool,
    /// Where it listens.
    pub bind: IpAddr,
    /// The port; a free one if absent.
    pub port: Option<u16>,
    /// A program with its arguments that starts the server in its own place: `nsenter --net=... --`. Empty: none.
    pub within: Vec<OsString>,
    /// More lines of its configuration file.
    pub settings: Vec<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            password: None,
            tls: None,
            durable: false,
            bind: Ipv4Addr::LOCALHOST.into(),
            port: None,
            within: Vec::new(),
            settings: Vec::new(),
        }
    }
}

impl PostgresOptions {
    /// Its `postgresql.conf`. Sockets for administration are in `sockets`.
    pub(super) fn configuration(&self, port: u16, sockets: &str) -> String {
        let mut lines = vec![
            format!("listen_addresses = '{}'", self.bind),
            format!("port = {port}"),
            format!("unix_socket_directories = '{sockets}'"),
            format!("fsync = {}", if self.durable { "on" } else { "off" }),
            "log_line_prefix = '%m %e '".to_owned(),
        ];
        if self.tls.is_some() {
            lines.extend(["ssl = on".to_owned(), "ssl_ca_file = 'root.crt'".to_owned()]);
        }
        lines.extend(self.settings.iter().cloned());
        lines.join("\n") + "\n"
    }

    /// Its `pg_hba.conf`: who may come how. Whoever reaches the sockets is an administrator.
    pub(super) fn admission(&self) -> String {
        let (host, certificate) =
            if self.tls.is_some() { ("hostssl", "clientcert=verify-ca") } else { ("host", "") };
        let method = if self.password.is_some() { "scram-sha-256" } else { "trust" };
        format!(
            "local all all trust\nlocal replication all trust\n{host} all all all {method} {certificate}\n"
        )
    }
}
