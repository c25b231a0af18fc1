//! What visitors see: plain HTML with forms, no scripts.

use std::fmt::Write as _;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use super::cart::{Cart, GOODS};

const STYLE: &str = include_str!("style.css");

/// Nothing but what the shop itself serves, and its forms go nowhere else.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What somebody who is logged in sees.
pub(crate) struct View<'a> {
    pub(crate) name: &'a str,
    pub(crate) cart: &'a Cart,
    /// In cents.
    pub(crate) ordered: Option<u32>,
}

/// The style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// Gives every answer its headers, and one that failed a page that says what to do.
pub(crate) async fn finish(answer: Response) -> Response {
    let status = answer.status();
    let mut answer = if status.is_server_error() {
        (status, Html(trouble())).into_response()
    } else {
        answer.map(Body::new)
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The shop for a visitor, or the door for a stranger.
pub(crate) fn shop(view: Option<View<'_>>) -> String {
    match view {
        Some(view) => page(&format!("{}<div class=columns>{}{}</div>", head(&view), goods(), cart(&view))),
        None => page(DOOR),
    }
}

fn trouble() -> String {
    page(
        "<main class=card><h1>One moment</h1><p>Your cart could not be reached. <a href=\"/\">Look</a> whether this click \
         was done.</p></main>",
    )
}

const DOOR: &str = "<main class='card door'><h1>Cloakroom</h1><p>Leave your name at the door.</p>\
    <form method=post action=/login><label>Name <input name=name maxlength=40 required autofocus autocomplete=off></label>\
    <button>Come in</button></form></main>";

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Cloakroom shop</title>\
         <meta name=viewport content='width=device-width, initial-scale=1'><link rel=icon href='data:,'>\
         <link rel=stylesheet href=/style.css></head><body>{body}</body></html>"
    )
}

fn head(view: &View<'_>) -> String {
    format!(
        "<header><strong>Cloakroom</strong><span>Good day, <b id=visitor>{}</b></span>\
         <form method=post action=/logout><button class=quiet>Leave</button></form></header>",
        escaped(view.name)
    )
}

fn goods() -> String {
    let mut html = "<main class=goods>".to_owned();
    for (number, good) in GOODS.iter().enumerate() {
        let button = button("add", number, "Add");
        push(
            &mut html,
            format_args!(
                "<section class=card><h2>{}</h2><p>{}</p><p class=price>{}</p>{button}</section>",
                good.name,
                good.about,
                price(good.price)
            ),
        );
    }
    html + "</main>"
}

fn cart(view: &View<'_>) -> String {
    let mut html = "<aside class=card><h2>Your cart</h2>".to_owned();
    if let Some(total) = view.ordered {
        push(&mut html, format_args!("<p class=thanks>Ordered for {}. Thank you.</p>", price(total)));
    }
    if view.cart.total() == 0 {
        return html + "<p>Nothing yet.</p></aside>";
    }
    html += "<table>";
    for (number, good, count) in view.cart.lines() {
        let button = button("remove", number, "\u{2212}");
        push(
            &mut html,
            format_args!(
                "<tr data-good={number} data-count={count}><td>{count} \u{d7} {}</td><td>{}</td><td>{button}</td></tr>",
                good.name,
                price(good.price * u32::from(count))
            ),
        );
    }
    push(
        &mut html,
        format_args!(
            "<tr class=total><td>Total</td><td id=total>{}</td><td></td></tr></table>\
             <form method=post action=/order><button>Order</button></form></aside>",
            price(view.cart.total())
        ),
    );
    html
}

fn button(action: &str, number: usize, label: &str) -> String {
    format!(
        "<form method=post action=/{action}><button name=good value={number} class={action}>{label}</button></form>"
    )
}

fn push(html: &mut String, part: std::fmt::Arguments<'_>) {
    html.write_fmt(part).expect("memory does not fail");
}

fn price(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Text that stays text.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, character| {
        match character {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            other => html.push(other),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    //! What visitors wrote is shown and not obeyed.

    use super::{Cart, View, shop};

    #[test]
    fn a_name_is_text() {
        let (name, cart) = ("<script>alert('1')</script>&\"", Cart::default());
        let html = shop(Some(View { name, cart: &cart, ordered: None }));
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(&#39;1&#39;)"), "{html}");
    }

    #[test]
    fn a_cart_is_shown_with_its_sum() {
        let mut cart = Cart::default();
        cart.add(0);
        cart.add(0);
        cart.add(5);
        let html = shop(Some(View { name: "Ann", cart: &cart, ordered: None }));
        assert!(
            html.contains("data-good=0 data-count=2") && html.contains("<td id=total>53.30</td>"),
            "{html}"
        );
    }
}
