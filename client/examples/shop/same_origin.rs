//! Forms of other sites are refused. The session's cookie does not come with them anyway (`SameSite=Lax`), but a
//! login needs no cookie: another site could log the visitor in as somebody else.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// Lets a request pass that changes nothing, or comes from a page of this shop.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_ours(request.headers()) {
        return (StatusCode::FORBIDDEN, "this form is not of this shop\n").into_response();
    }
    next.run(request).await
}

/// Browsers name the page's origin with every form, and no script of another site can change that.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, host)| text(header::HOST) == Some(host))
}

#[cfg(test)]
mod tests {
    //! Who may send forms.

    use axum::http::HeaderMap;

    use super::is_ours;

    #[test]
    fn only_forms_of_the_same_host_pass() {
        for (origin, host, ours) in [
            (Some("http://127.0.0.1:8080"), "127.0.0.1:8080", true),
            (Some("https://shop.example"), "shop.example", true),
            (Some("https://evil.example"), "shop.example", false),
            (Some("https://shop.example.evil.example"), "shop.example", false),
            (Some("http://127.0.0.1:8081"), "127.0.0.1:8080", false),
            (Some("null"), "shop.example", false),
            (None, "shop.example", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            assert_eq!(is_ours(&headers), ours, "{origin:?} at {host}");
        }
    }
}
