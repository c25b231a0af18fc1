//! What runs, and what does not: for people who wonder, and for whoever reads of a failed test later.

use std::path::Path;

use crate::{
    attach::given,
    cluster::{administrator, complete, daemon, health, kubeconfig, revive, standing::Standing},
    folders,
    progress::say,
    sandbox::Sandbox,
};

/// Lines of the record of daemons that ended, from its beginning: the first has often taken the others with it.
const RECORD_LINES: usize = 25;

/// Prints each process of the local cluster, what is not well in it and where its files are.
///
/// # Errors
/// The state cannot be read.
pub async fn status() -> anyhow::Result<()> {
    if let Some(kubeconfig) = given() {
        say(format_args!("KUBECONFIG names {}; that cluster is used", kubeconfig.display()));
        return Ok(());
    }
    let state = folders::state()?;
    let Some(sandbox) = complete(&state)? else {
        if state.exists() {
            say(format_args!(
                "a local cluster was started, and its process 1 has ended; it left {}",
                state.display()
            ));
        }
        say("no local cluster runs; start one with `cargo xtask up`");
        return Ok(());
    };
    daemons(&sandbox, &state)?;
    sandbox.enter_network()?;
    health::lines(&kubeconfig::client(&administrator(&state)).await?).await.iter().for_each(say);
    say(format_args!("logs in {}", state.join("logs").display()));
    Ok(())
}

fn daemons(sandbox: &Sandbox, state: &Path) -> anyhow::Result<()> {
    for name in daemon::Daemon::all(state)? {
        match Standing::of(sandbox, state, &name)? {
            Standing::Running => say(format_args!("{name:<26}running")),
            Standing::Stopped => say(format_args!("{name:<26}stopped")),
            Standing::Ended => {
                say(format_args!("{name:<26}ended; its log:\n{}", daemon::end_of_log(state, &name)));
            }
        }
    }
    revive::record(state).lines().take(RECORD_LINES).for_each(say);
    Ok(())
}
