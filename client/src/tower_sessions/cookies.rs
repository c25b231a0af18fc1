//! Cookies of requests and answers.

use std::time::Duration;

use cloakroom_location::COOKIE_CHARACTERS;
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// How the cookie is sent.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) name: std::sync::Arc<str>,
    pub(super) path: String,
    pub(super) secure: bool,
    pub(super) max_age: Duration,
}

impl Manner {
    /// The cookie that a request brings, if it has the length of one of ours.
    pub(super) fn brought(&self, request: &HeaderMap) -> Option<String> {
        let headers = request.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
        headers
            .flat_map(Cookie::split_parse)
            .flatten()
            .find(|cookie| cookie.name() == &*self.name && cookie.value().len() == COOKIE_CHARACTERS)
            .map(|cookie| cookie.value().to_owned())
    }

    /// The header that gives a visitor the cookie.
    pub(super) fn given(&self, sealed: String) -> Option<HeaderValue> {
        self.header(sealed, self.max_age)
    }

    /// The header that takes it away.
    pub(super) fn taken(&self) -> Option<HeaderValue> {
        self.header(String::new(), Duration::ZERO)
    }

    /// `None` if name or path are none that a header can carry.
    fn header(&self, value: String, max_age: Duration) -> Option<HeaderValue> {
        let max_age = cookie::time::Duration::try_from(max_age).unwrap_or(cookie::time::Duration::MAX);
        let cookie = Cookie::build((&*self.name, value))
            .path(&self.path)
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(max_age);
        HeaderValue::try_from(cookie.build().to_string()).ok()
    }
}

/// Whether browsers take it as the name of a cookie.
pub(super) fn is_name(name: &str) -> bool {
    // Both are tokens of HTTP.
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Whether browsers take it as the path of a cookie.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';')
}

#[cfg(test)]
mod tests {
    //! What is found in requests, what is sent.

    use std::time::Duration;

    use cloakroom_location::COOKIE_CHARACTERS;
    use http::{HeaderMap, HeaderValue, header};

    use super::{Manner, is_name, is_path};

    fn manner() -> Manner {
        Manner { name: "loc".into(), path: "/".into(), secure: true, max_age: Duration::from_secs(90) }
    }

    #[test]
    fn the_first_of_its_name_and_length_is_found() {
        let good = "G".repeat(COOKIE_CHARACTERS);
        let other = "H".repeat(COOKIE_CHARACTERS);
        for (headers, found) in [
            (vec![], false),
            (vec![format!("loc={good}")], true),
            (vec![format!("a=b; loc={good}; loc={other}")], true),
            (vec!["id=7; x".to_owned(), format!("loc=short; loc={good}")], true),
            (vec![format!("LOC={good}"), format!("xloc={good}")], false),
            (vec![format!("loc={good}=")], false),
            (vec![format!("loc={}", "G".repeat(9000))], false),
            (vec![format!("\u{e9}; loc={good}")], false),
        ] {
            let mut request = HeaderMap::new();
            for value in &headers {
                request.append(header::COOKIE, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            assert_eq!(manner().brought(&request), found.then(|| good.clone()), "{headers:?}");
        }
    }

    #[test]
    fn scripts_and_other_sites_get_none() {
        let given = manner().given("sealed".to_owned()).unwrap();
        assert_eq!(given, "loc=sealed; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=90");
        let plain = Manner { secure: false, path: "/shop".into(), ..manner() };
        assert_eq!(
            plain.given("s".to_owned()).unwrap(),
            "loc=s; HttpOnly; SameSite=Lax; Path=/shop; Max-Age=90"
        );
        assert_eq!(manner().taken().unwrap(), "loc=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    #[test]
    fn names_and_paths_are_those_of_browsers() {
        for (name, good) in
            [("loc", true), ("__Host-loc", true), ("", false), ("a b", false), ("a;", false), ("a=", false)]
        {
            assert_eq!(is_name(name), good, "{name:?}");
        }
        for (path, good) in
            [("/", true), ("/shop", true), ("", false), ("shop", false), ("/;", false), ("/\r", false)]
        {
            assert_eq!(is_path(path), good, "{path:?}");
        }
    }
}
