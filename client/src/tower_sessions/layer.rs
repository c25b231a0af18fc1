//! The layer that carries the home of the visitor's session from request to request, in a sealed cookie.

use std::{
    borrow::Cow,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use cloakroom_location::{Binding, Location};
use http::{HeaderValue, Request, Response, header};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    clock,
    cookies::{Manner, is_name, is_path},
    keys::LocationKeys,
    nonce,
    whereabouts::{Cookie, Whereabouts, along},
};

/// Two weeks, as long as tower-sessions keeps a session that says nothing else.
const MAX_AGE: Duration = Duration::from_secs(14 * 86_400);

/// Gives visitors a cookie that says where their session lives, and has a [`CloakroomStore`](super::CloakroomStore)
/// inside go there. Wrap the `SessionManagerLayer` in it: with axum, add it after that one.
///
/// The cookie is `HttpOnly`, `SameSite=Lax` and, unless told otherwise, `Secure`. It is a hint: one that is forged, old
/// or of another session is as good as none, and costs a detour. With one data centre there is nothing to remember,
/// and no cookie is ever given.
#[derive(Clone, Debug)]
pub struct LocationLayer {
    keys: LocationKeys,
    manner: Manner,
}

impl LocationLayer {
    /// A layer that seals with `keys`, into a cookie with the name `loc`.
    #[must_use]
    pub fn new(keys: LocationKeys) -> Self {
        let manner = Manner { name: "loc".into(), path: "/".to_owned(), secure: true, max_age: MAX_AGE };
        Self { keys, manner }
    }

    /// Another name of the cookie.
    ///
    /// # Panics
    /// Browsers would not take it: it is empty or has blanks, `=`, `;` or the like.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        assert!(is_name(name), "{name:?} is no name of a cookie: write letters, digits, - and _");
        self.manner.name = name.into();
        self
    }

    /// The part of the site whose requests bring the cookie; `/` unless told otherwise. The same as of the session's.
    ///
    /// # Panics
    /// It does not begin with `/`, or has characters that no header carries.
    #[must_use]
    pub fn with_path<'a>(mut self, path: impl Into<Cow<'a, str>>) -> Self {
        let path = path.into();
        assert!(is_path(&path), "{path:?} is no path of a cookie: write one that begins with /");
        self.manner.path = path.into_owned();
        self
    }

    /// Whether browsers send it over HTTPS alone; they do unless told otherwise. Only for a site without.
    #[must_use]
    pub fn with_secure(mut self, secure: bool) -> Self {
        self.manner.secure = secure;
        self
    }

    /// How long a cookie is good; two weeks unless told otherwise. Then the visitor is given another.
    #[must_use]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.manner.max_age = max_age;
        self
    }

    fn whereabouts<B>(&self, request: &Request<B>) -> Whereabouts {
        Whereabouts {
            name: self.manner.name.clone(),
            max_age: self.manner.max_age,
            keys: self.keys.now(),
            now: clock::unix_seconds(),
            cookie: self.manner.brought(request.headers()),
            last: None,
        }
    }

    /// What the answer says of the cookie.
    fn header(&self, learned: &Whereabouts) -> Option<HeaderValue> {
        match learned.cookie() {
            Cookie::Same => None,
            Cookie::Removed => self.manner.taken(),
            Cookie::Sealed { home, app, session } => {
                let location = Location { home, issued: learned.now };
                let binding = Binding { cookie: &self.manner.name, app, session };
                self.manner.given(learned.keys.seal(learned.now, nonce::draw()?, &location, &binding))
            }
        }
    }
}

impl<S> Layer<S> for LocationLayer {
    type Service = LocationService<S>;

    fn layer(&self, inner: S) -> LocationService<S> {
        LocationService { layer: self.clone(), inner }
    }
}

/// What a [`LocationLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct LocationService<S> {
    layer: LocationLayer,
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for LocationService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    S::Error: Send,
    ResBody: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let layer = self.layer.clone();
        let whereabouts = layer.whereabouts(&request);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let (answer, learned) = along(whereabouts, answer).await;
            let mut answer = answer?;
            if let Some(header) = layer.header(&learned) {
                answer.headers_mut().append(header::SET_COOKIE, header);
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    //! Requests in, answers out, with handlers that learn as a store does.

    use std::{
        convert::Infallible,
        future::{Ready, ready},
        pin::Pin,
        sync::Arc,
        task::{Context, Poll},
    };

    use cloakroom_location::{Binding, DataCentre, Home, KeyRing};
    use http::{Request, Response, header};
    use tower_layer::Layer as _;
    use tower_service::Service;

    use super::{LocationLayer, MAX_AGE};
    use crate::tower_sessions::{
        LocationKeys, clock,
        whereabouts::{Fate, home, learned},
    };

    /// Answers with where the store would go, and learns what it is told.
    #[derive(Clone)]
    struct Shop {
        learns: Option<Fate>,
    }

    impl Service<Request<()>> for Shop {
        type Response = Response<Option<Home>>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            let learns = self.learns;
            Box::pin(async move {
                let known = home("shop", "s");
                // As after a session of its own task would have been asked.
                tokio::task::yield_now().await;
                if let Some(fate) = learns {
                    learned(&Arc::from("shop"), "s", fate);
                }
                Ok(Response::builder().header(header::SET_COOKIE, "id=s").body(known).unwrap())
            })
        }
    }

    fn at(number: u8) -> Home {
        Home::first(DataCentre::new(number).unwrap())
    }

    fn layer() -> LocationLayer {
        let ring = KeyRing::generate(0, std::array::from_fn(|at| u8::try_from(at).unwrap()));
        LocationLayer::new(LocationKeys::fixed(ring))
    }

    /// Where the store went, and the cookies of the answer.
    async fn visit(layer: &LocationLayer, cookie: &str, learns: Option<Fate>) -> (Option<Home>, Vec<String>) {
        let request = Request::builder().header(header::COOKIE, cookie).body(()).unwrap();
        let answer = layer.layer(Shop { learns }).call(request).await.unwrap();
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        (*answer.body(), cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect())
    }

    #[tokio::test]
    async fn a_home_is_remembered_until_it_changes_or_ends() {
        let layer = layer();
        let (known, cookies) = visit(&layer, "", Some(Fate::Lives(Some(at(1))))).await;
        assert_eq!((known, cookies.len(), cookies[0].as_str()), (None, 2, "id=s"));
        let (given, manner) = cookies[1].split_once(';').unwrap();
        assert!(given.starts_with("loc=") && given.len() < 200, "{given}");
        assert!(manner.contains("HttpOnly") && manner.contains("Secure"), "{manner}");
        let opened = layer.keys.now().open(
            clock::unix_seconds(),
            given.trim_start_matches("loc="),
            &Binding { cookie: "loc", app: "shop", session: "s" },
            MAX_AGE,
        );
        assert_eq!(opened.unwrap().home, at(1));

        let brought = format!("id=s; {given}");
        assert_eq!(visit(&layer, &brought, None).await, (Some(at(1)), vec!["id=s".to_owned()]));
        let same = visit(&layer, &brought, Some(Fate::Lives(Some(at(1))))).await;
        assert_eq!(same, (Some(at(1)), vec!["id=s".to_owned()]));
        let (known, cookies) = visit(&layer, &brought, Some(Fate::Lives(Some(at(2))))).await;
        assert_eq!((known, cookies.len()), (Some(at(1)), 2));
        assert!(!cookies[1].starts_with(given), "it is another one");
        let (_, cookies) = visit(&layer, &brought, Some(Fate::Gone)).await;
        assert_eq!(cookies[1], "loc=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    #[tokio::test]
    async fn a_forged_cookie_is_none() {
        let forged = format!("loc={}", "A".repeat(75));
        assert_eq!(visit(&layer(), &forged, None).await, (None, vec!["id=s".to_owned()]));
    }

    #[tokio::test]
    async fn one_data_centre_needs_no_cookie() {
        let (_, cookies) = visit(&layer(), "", Some(Fate::Lives(None))).await;
        assert_eq!(cookies, ["id=s"]);
    }

    #[test]
    #[should_panic(expected = "is no name of a cookie")]
    fn a_name_that_no_browser_takes_is_refused() {
        let _ = layer().with_name("lo c");
    }

    #[tokio::test]
    async fn a_failed_answer_stays_as_it_is() {
        struct Broken;
        impl Service<Request<()>> for Broken {
            type Response = Response<()>;
            type Error = &'static str;
            type Future = Ready<Result<Response<()>, &'static str>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, _: Request<()>) -> Self::Future {
                ready(Err("broken"))
            }
        }
        let failed = layer().layer(Broken).call(Request::new(())).await;
        assert_eq!(failed.unwrap_err(), "broken");
    }
}
