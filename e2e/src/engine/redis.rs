//! Redis, whose answers mean that a write is on its disk.

use super::place::Place;
use crate::cluster::{daemon::Daemon, names};

const CONFIG: &str = "redis.conf";

/// Writes its configuration, with the password, which is no business of whoever lists processes.
pub(super) fn prepare(place: &Place) -> anyhow::Result<Daemon> {
    let config = format!(
        "bind {}\nport {}\ndir {}\nrequirepass {}\nappendonly yes\nappendfsync always\nsave \"\"\n",
        names::NODE_ADDRESS,
        place.port(),
        place.inside(""),
        place.password()?
    );
    place.write(CONFIG, &config)?;
    Ok(Daemon::new(place.name(), "redis-server", [place.inside(CONFIG)]))
}
