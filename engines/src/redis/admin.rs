//! Asking a server something that is no business of sessions.

use std::{fs, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, FromRedisValue, IntoConnectionInfo as _, RedisConnectionInfo,
    TlsCertificates,
};

use super::options::{RedisOptions, TlsFiles};

/// For one command, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a server or a Sentinel is reached, as the default user.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) address: SocketAddr,
    password: Option<String>,
    tls: Option<TlsFiles>,
}

impl Way {
    pub(super) fn new(address: SocketAddr, options: &RedisOptions) -> Self {
        Self { address, password: options.password.clone(), tls: options.tls.clone() }
    }

    /// The answer to one command.
    pub(super) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> anyhow::Result<T> {
        let answer = self.client().and_then(|client| {
            let mut connection = client.get_connection_with_timeout(TIMEOUT)?;
            connection.set_read_timeout(Some(TIMEOUT))?;
            Ok(redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)?)
        });
        answer.with_context(|| format!("{} to {}", words.join(" "), self.address))
    }

    fn client(&self) -> anyhow::Result<Client> {
        let mut user = RedisConnectionInfo::default();
        if let Some(password) = &self.password {
            user = user.set_password(password);
        }
        let (host, port) = (self.address.ip().to_string(), self.address.port());
        let Some(tls) = &self.tls else {
            let info = ConnectionAddr::Tcp(host, port).into_connection_info()?.set_redis_settings(user);
            return Ok(Client::open(info)?);
        };
        let address = ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None };
        let client_tls =
            ClientTlsConfig { client_cert: fs::read(&tls.certificate)?, client_key: fs::read(&tls.key)? };
        let certificates =
            TlsCertificates { client_tls: Some(client_tls), root_cert: Some(fs::read(&tls.authority)?) };
        let info = address.into_connection_info()?.set_redis_settings(user);
        Ok(Client::build_with_tls(info, certificates)?)
    }
}
