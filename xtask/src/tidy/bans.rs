//! Crates that must not be built, however they came in. `deny.toml` says the same to cargo-deny.

const BANNED: &[(&str, &str)] = &[
    ("aws-lc-sys", "it needs a C compiler and cmake; choose the ring provider"),
    ("openssl-sys", "it ties the binary to the machine's OpenSSL; choose rustls"),
    ("native-tls", "it ties the binary to the machine's TLS; choose rustls"),
    ("serde_yml", "it is unsound (RUSTSEC-2025-0068); choose yaml_serde"),
];

/// Banned crates in the text of a Cargo.lock.
pub(super) fn judge(lock: &str) -> Vec<String> {
    let named = |name: &str| lock.lines().any(|line| line == format!("name = \"{name}\""));
    BANNED
        .iter()
        .filter(|(name, _)| named(name))
        .map(|(name, why)| {
            format!("Cargo.lock: {name} is banned: {why}; `cargo tree -i {name}` shows who brings it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    //! Lock files.

    use super::judge;

    #[test]
    fn a_banned_crate_is_found_by_its_whole_name() {
        assert_eq!(judge("[[package]]\nname = \"openssl-sys-like\"\nversion = \"1.0.0\"\n"), [""; 0]);
        let findings = judge("[[package]]\nname = \"openssl-sys\"\nversion = \"1.0.0\"\n");
        assert!(findings.len() == 1 && findings[0].contains("openssl-sys is banned"), "{findings:?}");
    }
}
