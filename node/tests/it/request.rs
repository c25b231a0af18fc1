//! Requests as their bytes; the tests are about what is not well-formed, so nothing checks them.

pub(crate) fn get(key: &str) -> Vec<u8> {
    format!("GET {key} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

pub(crate) fn acquire(key: &str) -> Vec<u8> {
    format!("GET {key} HTTP/1.1\r\nHost: localhost\r\nExclusive: acquire\r\n\r\n").into_bytes()
}

pub(crate) fn set(key: &str, body: &[u8]) -> Vec<u8> {
    [set_head(key, body.len()).as_slice(), body].concat()
}

/// The head of a set that announces `body_bytes`.
pub(crate) fn set_head(key: &str, body_bytes: usize) -> Vec<u8> {
    format!(
        "PUT {key} HTTP/1.1\r\nHost: localhost\r\nTimeout:20\r\nContent-Length:{body_bytes}\r\n\
         ExtraFlags:0\r\nLockCookie:0\r\n\r\n"
    )
    .into_bytes()
}
