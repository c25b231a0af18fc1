//! The operator's log: to stderr, as text or JSON.

use std::io::{self, IsTerminal};

use tracing_subscriber::{
    EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::args::LogFormat;

/// A text that is not a log filter, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a log filter; write error, warn, info, debug or trace, or levels by module such as \
     info,kube=debug"
)]
pub(crate) struct BadFilter(String);

/// Sets up the log of this process.
///
/// # Errors
/// A bad filter, or a second call in one process.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(parse_filter(filter)?).with(lines).try_init()?;
    Ok(())
}

/// Reads a filter. A lone word must be a level: the library would take a misspelt one for a module that
/// nobody has, and log nothing.
///
/// # Errors
/// [`BadFilter`], which says what to write instead.
pub(crate) fn parse_filter(text: &str) -> Result<EnvFilter, BadFilter> {
    let bad = || BadFilter(text.to_owned());
    // The library reads an empty level as `error`.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let means_something = |directive: &str| directive.contains(['=', '[']) || is_level(directive);
    if !text.split(',').all(means_something) {
        return Err(bad());
    }
    EnvFilter::builder().parse(text).map_err(|_| bad())
}
