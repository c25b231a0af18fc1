//! `cloakroom-operator check`: asks a running operator whether it is ready, from an image that has no shell.

use std::time::Duration;

use anyhow::bail;
use hyper::StatusCode;

use crate::{args::Check, http::Http};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than any page of the probes.
const BODY_BYTES: usize = 64 * 1024;

/// What the page says.
///
/// # Errors
/// No answer, or one that is not 200; the text has the page.
pub(crate) async fn check(args: Check) -> anyhow::Result<String> {
    let Check { url } = args;
    let (status, body) = match Http::new(TIMEOUT).get(url.clone(), BODY_BYTES).await {
        Ok(answer) => answer,
        Err(why) => bail!("{url}: {why}"),
    };
    let page = String::from_utf8_lossy(&body).into_owned();
    if status != StatusCode::OK {
        bail!("{url} answered {status}: {}", page.trim_end());
    }
    Ok(page)
}
