//! What runs: for people who wonder.

use crate::{
    attach::given,
    cluster::{complete, daemon},
    folders,
    progress::say,
};

/// Prints each process of the local cluster and where its files are.
///
/// # Errors
/// The state cannot be read.
pub fn status() -> anyhow::Result<()> {
    if let Some(kubeconfig) = given() {
        say(format_args!("KUBECONFIG names {}; that cluster is used", kubeconfig.display()));
        return Ok(());
    }
    let state = folders::state()?;
    let Some(sandbox) = complete(&state)? else {
        say("no local cluster runs; start one with `cargo xtask up`");
        return Ok(());
    };
    for name in daemon::Daemon::all(&state)? {
        let running = daemon::is_running(&sandbox, &state, &name)?;
        say(format_args!("{name:<26}{}", if running { "running" } else { "ended" }));
    }
    say(format_args!("logs in {}", state.join("logs").display()));
    Ok(())
}
