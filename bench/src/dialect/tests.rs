//! What each operation looks like on each wire, and how answers are read at every cut.

use super::*;

const KEY: &str = "{KEY}";
const BODY: &str = "{BODY}";

/// The encoding of `operation` on session 5 under lock 3 with a timeout of 20 minutes, with key and
/// body replaced by their names.
fn encoded(dialect: &Dialect, operation: Operation) -> String {
    let length = match operation {
        Operation::Create | Operation::SetAndRelease => 40,
        _ => 0,
    };
    let request = Request::write(operation, 5, 2, length).locked(3);
    let (mut out, mut key, mut body) = (Vec::new(), Vec::new(), Vec::new());
    dialect.encode(&request, 20, &mut out);
    match dialect {
        Dialect::State => crate::key::write_encoded(5, &mut key),
        _ => crate::key::write_plain(5, &mut key),
    }
    crate::body::write(5, 2, 40, &mut body);
    replaced(&replaced(&out, &key, KEY), &body, BODY).escape_ascii().to_string()
}

fn replaced(text: &[u8], from: &[u8], to: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[test]
fn requests_follow_the_mapping() {
    use Operation::{Create, Delete, Get, GetExclusive, Release, SetAndRelease, Touch};
    let provider = Dialect::RedisProvider(Scripts::named());
    let script = |parts: usize, name: &str, arguments: &str| {
        let count = name.len();
        let keys = "$94\\r\\n{{KEY}}_data\\r\\n$98\\r\\n{{KEY}}_internal\\r\\n";
        format!(
            "*{parts}\\r\\n$7\\r\\nEVALSHA\\r\\n${count}\\r\\n{name}\\r\\n$1\\r\\n3\\r\\n$94\\r\\n{{{{KEY}}}}_lock\\r\\n{keys}{arguments}"
        )
    };
    let head = "{KEY} HTTP/1.1\\r\\nHost: localhost\\r\\n";
    let put = format!(
        "PUT {head}Timeout:20\\r\\nContent-Length:40\\r\\nExtraFlags:0\\r\\nLockCookie:3\\r\\n\\r\\n{BODY}"
    );
    let set = "*5\\r\\n$3\\r\\nSET\\r\\n$87\\r\\n{KEY}\\r\\n$40\\r\\n{BODY}\\r\\n$2\\r\\nEX\\r\\n$4\\r\\n1200\\r\\n";
    let expire = "*3\\r\\n$6\\r\\nEXPIRE\\r\\n$87\\r\\n{KEY}\\r\\n$4\\r\\n1200\\r\\n";
    let lock = "$1\\r\\n3\\r\\n";
    let table: [(&Dialect, Operation, String); 28] = [
        (&Dialect::State, Create, put.clone()),
        (&Dialect::State, GetExclusive, format!("GET {head}Exclusive: acquire\\r\\n\\r\\n")),
        (&Dialect::State, SetAndRelease, put),
        (&Dialect::State, Release, format!("GET {head}Exclusive: release\\r\\nLockCookie:3\\r\\n\\r\\n")),
        (&Dialect::State, Get, format!("GET {head}\\r\\n")),
        (&Dialect::State, Touch, format!("HEAD {head}\\r\\n")),
        (&Dialect::State, Delete, format!("DELETE {head}LockCookie:3\\r\\n\\r\\n")),
        (&Dialect::RedisPlain, Create, set.into()),
        (&Dialect::RedisPlain, GetExclusive, "*2\\r\\n$3\\r\\nGET\\r\\n$87\\r\\n{KEY}\\r\\n".into()),
        (&Dialect::RedisPlain, SetAndRelease, set.into()),
        (&Dialect::RedisPlain, Release, expire.into()),
        (
            &Dialect::RedisPlain,
            Get,
            "*4\\r\\n$5\\r\\nGETEX\\r\\n$87\\r\\n{KEY}\\r\\n$2\\r\\nEX\\r\\n$4\\r\\n1200\\r\\n".into(),
        ),
        (&Dialect::RedisPlain, Touch, expire.into()),
        (&Dialect::RedisPlain, Delete, "*2\\r\\n$3\\r\\nDEL\\r\\n$87\\r\\n{KEY}\\r\\n".into()),
        (&Dialect::Memcached, Create, "set {KEY} 0 1200 40\\r\\n{BODY}\\r\\n".into()),
        (&Dialect::Memcached, GetExclusive, "get {KEY}\\r\\n".into()),
        (&Dialect::Memcached, SetAndRelease, "set {KEY} 0 1200 40\\r\\n{BODY}\\r\\n".into()),
        (&Dialect::Memcached, Release, "touch {KEY} 1200\\r\\n".into()),
        (&Dialect::Memcached, Get, "gat 1200 {KEY}\\r\\n".into()),
        (&Dialect::Memcached, Touch, "touch {KEY} 1200\\r\\n".into()),
        (&Dialect::Memcached, Delete, "delete {KEY}\\r\\n".into()),
        (&provider, Create, script(9, "set", &format!("{lock}$4\\r\\n1200\\r\\n$40\\r\\n{BODY}\\r\\n"))),
        (&provider, GetExclusive, script(8, "acquire", &format!("{lock}$3\\r\\n110\\r\\n"))),
        (
            &provider,
            SetAndRelease,
            script(9, "set", &format!("{lock}$4\\r\\n1200\\r\\n$40\\r\\n{BODY}\\r\\n")),
        ),
        (&provider, Release, script(7, "release", lock)),
        (&provider, Get, script(6, "get", "")),
        (&provider, Touch, script(7, "touch", "$4\\r\\n1200\\r\\n")),
        (&provider, Delete, script(7, "delete", lock)),
    ];
    for (dialect, operation, expected) in table {
        assert_eq!(encoded(dialect, operation), expected, "{dialect:?} {operation:?}");
    }
}

/// `input` is read as `expected` when whole, and as nothing yet when cut anywhere before.
fn check_reply(dialect: &Dialect, operation: Operation, input: &str, expected: Reply<'_>) {
    let decoded = dialect.decode(operation, input.as_bytes()).unwrap();
    assert_eq!(decoded, Some((input.len(), expected)), "{input:?}");
    for end in 0..input.len() {
        let cut = dialect.decode(operation, &input.as_bytes()[..end]).unwrap();
        assert_eq!(cut, None, "{input:?} cut at {end}");
    }
}

#[test]
fn replies_are_read_whole_and_only_whole() {
    use Operation::{Create, Delete, Get, GetExclusive, Release, SetAndRelease, Touch};
    let provider = Dialect::RedisProvider(Scripts::named());
    let body = |lock| Reply::Body { bytes: b"a\r\n\r\nb", lock };
    let head = "X-AspNet-Version: 4.0.30319\r\n";
    let tail = "Cache-Control: private\r\nContent-Length: 0\r\n\r\n";
    let table: [(&Dialect, Operation, String, Reply<'_>); 20] = [
        (
            &Dialect::State,
            GetExclusive,
            format!("200 OK\r\n{head}LockCookie: 7\r\nTimeout: 20\r\nContent-Length: 6\r\n\r\na\r\n\r\nb"),
            body(Some(7)),
        ),
        (&Dialect::State, Get, format!("200 OK\r\n{head}Content-Length: 6\r\n\r\na\r\n\r\nb"), body(None)),
        (&Dialect::State, SetAndRelease, format!("200 OK\r\n{head}{tail}"), Reply::Done),
        (&Dialect::State, Touch, format!("404 Not Found\r\n{head}{tail}"), Reply::Absent),
        (&Dialect::State, Get, format!("423 Locked\r\n{head}LockCookie: 2\r\n{tail}"), Reply::Locked),
        (&Dialect::RedisPlain, Create, "+OK\r\n".into(), Reply::Done),
        (&Dialect::RedisPlain, GetExclusive, "$6\r\na\r\n\r\nb\r\n".into(), body(None)),
        (&Dialect::RedisPlain, Get, "$-1\r\n".into(), Reply::Absent),
        (&Dialect::RedisPlain, Touch, ":1\r\n".into(), Reply::Done),
        (&Dialect::RedisPlain, Delete, ":0\r\n".into(), Reply::Absent),
        (&provider, GetExclusive, "$6\r\na\r\n\r\nb\r\n".into(), body(None)),
        (&provider, GetExclusive, ":0\r\n".into(), Reply::Locked),
        (&provider, Release, ":1\r\n".into(), Reply::Done),
        (&provider, Get, "$-1\r\n".into(), Reply::Absent),
        (&Dialect::Memcached, Create, "STORED\r\n".into(), Reply::Done),
        (&Dialect::Memcached, Get, "VALUE k 0 6\r\na\r\n\r\nb\r\nEND\r\n".into(), body(None)),
        (&Dialect::Memcached, GetExclusive, "END\r\n".into(), Reply::Absent),
        (&Dialect::Memcached, Touch, "TOUCHED\r\n".into(), Reply::Done),
        (&Dialect::Memcached, Release, "NOT_FOUND\r\n".into(), Reply::Absent),
        (&Dialect::Memcached, Delete, "DELETED\r\n".into(), Reply::Done),
    ];
    for (dialect, operation, input, expected) in &table {
        check_reply(dialect, *operation, input, *expected);
    }
}

#[test]
fn refusals_are_errors_in_the_servers_words() {
    let table: [(&Dialect, Operation, &str, &str); 6] = [
        (&Dialect::State, Operation::Get, "400 Bad Request\r\nContent-Length: 0\r\n\r\n", "400"),
        (&Dialect::State, Operation::Get, "200 OK\r\n\r\n", "Content-Length"),
        (&Dialect::State, Operation::GetExclusive, "200 OK\r\nContent-Length: 0\r\n\r\n", "lock"),
        (&Dialect::RedisPlain, Operation::Get, "-LOADING wait\r\n", "LOADING wait"),
        (&Dialect::RedisPlain, Operation::Create, ":1\r\n", "no reply to Create"),
        (&Dialect::Memcached, Operation::Create, "SERVER_ERROR out of memory\r\n", "out of memory"),
    ];
    for (dialect, operation, input, words) in table {
        let error = dialect.decode(operation, input.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
