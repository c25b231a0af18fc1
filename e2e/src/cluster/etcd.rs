//! etcd: where the API server keeps its objects.

use super::{daemon::Daemon, names};
use crate::sandbox::TOOLS;

pub(crate) const NAME: &str = "etcd";

pub(crate) fn daemon() -> Daemon {
    let url = format!("http://127.0.0.1:{}", names::ETCD_PORT);
    Daemon::new(
        NAME,
        format!("{TOOLS}/etcd/etcd"),
        [
            "--data-dir=/var/lib/etcd".to_owned(),
            format!("--listen-client-urls={url}"),
            format!("--advertise-client-urls={url}"),
            "--listen-peer-urls=http://127.0.0.1:2380".to_owned(),
            // A cluster that dies with its machine needs no disk that survives it.
            "--unsafe-no-fsync".to_owned(),
            "--log-level=warn".to_owned(),
        ],
    )
}
