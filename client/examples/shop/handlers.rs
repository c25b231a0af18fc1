//! What a click does: read the session, change it, show it again.

use axum::{
    Form,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{
    cart::Cart,
    pages::{self, View},
};

/// Where a session keeps its visitor.
const VISITOR: &str = "visitor";
/// Longer names are cut.
const NAME_CHARACTERS: usize = 40;

/// Somebody who is logged in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Visitor {
    name: String,
    cart: Cart,
    /// The sum of the last order in cents, until the next thing is put into the cart.
    ordered: Option<u32>,
}

#[derive(Deserialize)]
pub(crate) struct Login {
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    good: usize,
}

/// A session that could not be read or written: tower-sessions says why.
pub(crate) struct Trouble(tower_sessions::session::Error);

impl From<tower_sessions::session::Error> for Trouble {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        // For whoever runs the shop; the visitor is told what to do.
        eprintln!("{}", self.0);
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

/// The shop, or the door.
pub(crate) async fn show(session: Session) -> Result<Html<String>, Trouble> {
    let visitor = session.get::<Visitor>(VISITOR).await?;
    let view = visitor.as_ref().map(|visitor| View {
        name: &visitor.name,
        cart: &visitor.cart,
        ordered: visitor.ordered,
    });
    Ok(Html(pages::shop(view)))
}

/// Lets somebody in, by name alone: this is an example.
pub(crate) async fn login(session: Session, Form(login): Form<Login>) -> Result<Redirect, Trouble> {
    let name: String = login.name.trim().chars().take(NAME_CHARACTERS).collect();
    if !name.is_empty() {
        // A session id that somebody knew before the login is worth nothing after it.
        session.cycle_id().await?;
        session.insert(VISITOR, Visitor { name, ..Visitor::default() }).await?;
    }
    Ok(back())
}

/// Ends the session, here and at the node.
pub(crate) async fn logout(session: Session) -> Result<Redirect, Trouble> {
    session.flush().await?;
    Ok(back())
}

/// Puts one of a good into the cart.
pub(crate) async fn add(session: Session, Form(choice): Form<Choice>) -> Result<Redirect, Trouble> {
    change(&session, |visitor| {
        visitor.ordered = None;
        visitor.cart.add(choice.good);
    })
    .await
}

/// Takes one of a good out of the cart.
pub(crate) async fn remove(session: Session, Form(choice): Form<Choice>) -> Result<Redirect, Trouble> {
    change(&session, |visitor| visitor.cart.remove(choice.good)).await
}

/// Orders what is in the cart.
pub(crate) async fn order(session: Session) -> Result<Redirect, Trouble> {
    change(&session, |visitor| {
        let total = std::mem::take(&mut visitor.cart).total();
        visitor.ordered = (total > 0).then_some(total);
    })
    .await
}

/// Changes what the session says of its visitor. Who is not logged in is shown the door.
async fn change(session: &Session, change: impl FnOnce(&mut Visitor)) -> Result<Redirect, Trouble> {
    if let Some(mut visitor) = session.get::<Visitor>(VISITOR).await? {
        change(&mut visitor);
        session.insert(VISITOR, visitor).await?;
    }
    Ok(back())
}

/// A page that can be loaded again without doing anything twice.
fn back() -> Redirect {
    Redirect::to("/")
}
