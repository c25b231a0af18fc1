//! The name under which this process leads.
#![expect(clippy::disallowed_methods, reason = "two processes of one name would both believe to lead")]

/// The machine's or pod's name for people, and a random part for safety: a container that is started again
/// has its pod's name, but must not renew what its predecessor held.
///
/// # Errors
/// The operating system has no randomness to give.
pub(super) fn draw() -> anyhow::Result<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(format!("{}_{:016x}", host.trim(), u64::from_ne_bytes(random)))
}
