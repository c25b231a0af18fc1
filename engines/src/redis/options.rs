//! What a server is told.

use std::{
    ffi::OsString,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

use crate::{Certificates, programs};

/// Whose program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// `redis-server` of the distribution.
    #[default]
    Redis,
    /// `valkey-server`.
    Valkey,
}

/// When a write is on the engine's disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Append {
    /// Never.
    #[default]
    No,
    /// Within a second of the answer.
    EverySecond,
    /// Before the answer.
    Always,
}

/// How a server is started; the default is Redis in memory on 127.0.0.1.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// Whose program.
    pub flavour: Flavour,
    /// When writes are on disk.
    pub append: Append,
    /// What clients must say; nothing if absent.
    pub password: Option<String>,
    /// With these it speaks TLS only, and wants a client's certificate.
    pub tls: Option<TlsFiles>,
    /// Where it listens.
    pub bind: IpAddr,
    /// The port; a free one if absent.
    pub port: Option<u16>,
    /// A program with its arguments that starts the server in its own place: `nsenter --net=... --`. Empty: none.
    pub within: Vec<OsString>,
    /// More lines of its configuration file.
    pub settings: Vec<String>,
}

/// The files of [`Certificates`] that a server is told of.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl From<&Certificates> for TlsFiles {
    fn from(certificates: &Certificates) -> Self {
        let (certificate, key) = certificates.server();
        Self { authority: certificates.authority(), certificate, key }
    }
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            flavour: Flavour::default(),
            append: Append::default(),
            password: None,
            tls: None,
            bind: Ipv4Addr::LOCALHOST.into(),
            port: None,
            within: Vec::new(),
            settings: Vec::new(),
        }
    }
}

impl Flavour {
    pub(super) fn program(self) -> anyhow::Result<PathBuf> {
        match self {
            Self::Redis => programs::of_debian("redis-server", "redis-server"),
            Self::Valkey => programs::valkey(),
        }
    }
}

impl RedisOptions {
    /// The configuration file: passwords are no business of the process list.
    pub(super) fn file(&self, port: u16, folder: &Path) -> String {
        let mut file = self.door(port, folder);
        let mut line = |line: &str| writeln!(file, "{line}").expect("a string takes all");
        line("save \"\"");
        line(if self.append == Append::No { "appendonly no" } else { "appendonly yes" });
        line(if self.append == Append::Always { "appendfsync always" } else { "appendfsync everysec" });
        if let Some(password) = &self.password {
            line(&format!("masterauth {password:?}"));
        }
        self.settings.iter().for_each(|setting| line(setting));
        file
    }

    /// What a server and a Sentinel are told alike: where they listen, and whom they let in.
    pub(super) fn door(&self, port: u16, folder: &Path) -> String {
        let mut door = format!("bind {}\ndir {}\nprotected-mode no\n", self.bind, folder.display());
        let mut line = |line: String| writeln!(door, "{line}").expect("a string takes all");
        match &self.tls {
            None => line(format!("port {port}")),
            Some(tls) => {
                line(format!("port 0\ntls-port {port}\ntls-replication yes\ntls-cluster yes"));
                line(format!("tls-ca-cert-file {}", tls.authority.display()));
                line(format!("tls-cert-file {}", tls.certificate.display()));
                line(format!("tls-key-file {}", tls.key.display()));
            }
        }
        if let Some(password) = &self.password {
            line(format!("requirepass {password:?}"));
        }
        door
    }
}
