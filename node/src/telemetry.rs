//! The node's log: to stderr, as text or JSON, with a filter that can be changed while it runs.
//!
//! Session ids and contents are never logged.

use std::io::{self, IsTerminal};

use cloakroom_node_config::{Log, LogFormat};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::LevelFilter, fmt, layer::SubscriberExt as _, reload,
    util::SubscriberInitExt as _,
};

/// Reads and changes which events are logged.
#[derive(Clone, Debug)]
pub struct LogControl(reload::Handle<EnvFilter, Registry>);

/// A text that is not a log filter, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a log filter; write error, warn, info, debug or trace, or levels by module such as \
     info,cloakroom_node::disk=debug"
)]
pub struct BadFilter(String);

/// The log of the process could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum CannotLog {
    /// The filter is bad.
    #[error(transparent)]
    Filter(#[from] BadFilter),
    /// Something else in this process logs already.
    #[error("the log is set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sets up the log of this process.
///
/// # Errors
/// [`CannotLog`] for a bad filter or a second call in one process.
pub fn start(log: &Log) -> Result<LogControl, CannotLog> {
    let (control, filter) = LogControl::new(&log.filter)?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;
    Ok(control)
}

impl LogControl {
    /// A control and the layer that it controls.
    pub(crate) fn new(filter: &str) -> Result<(Self, reload::Layer<EnvFilter, Registry>), BadFilter> {
        let (layer, handle) = reload::Layer::new(parse_filter(filter)?);
        Ok((Self(handle), layer))
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> String {
        self.0.with_current(ToString::to_string).unwrap_or_default()
    }

    /// Logs what `filter` lets through from now on.
    ///
    /// # Errors
    /// [`BadFilter`]; the old filter stays in force.
    pub fn set_filter(&self, filter: &str) -> Result<(), BadFilter> {
        self.0.reload(parse_filter(filter)?).map_err(|_| BadFilter(filter.to_owned()))
    }
}

/// Reads a filter. A lone word must be a level: the library would take a misspelt one for a module that
/// nobody has, and log nothing.
///
/// # Errors
/// [`BadFilter`], which says what to write instead.
pub fn parse_filter(text: &str) -> Result<EnvFilter, BadFilter> {
    let bad = || BadFilter(text.to_owned());
    // The library reads an empty level as `error`.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let means_something = |directive: &str| directive.contains(['=', '[']) || is_level(directive);
    if !text.split(',').all(means_something) {
        return Err(bad());
    }
    EnvFilter::builder().parse(text).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    //! Filters as operators type them.

    use super::{LogControl, parse_filter};

    #[test]
    fn levels_and_levels_by_module_are_filters() {
        for good in ["info", "WARN", "off", "info,cloakroom_node::disk=debug", "warn,hyper=info"] {
            parse_filter(good).unwrap_or_else(|error| panic!("{good:?}: {error}"));
        }
        for bad in ["", "inof", "info,", "cloakroom_node", "cloakroom_node=loud", "info,debugg"] {
            let message = parse_filter(bad).expect_err(bad).to_string();
            assert!(
                message.starts_with(&format!("`{bad}` is not a log filter; write error, warn")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_bad_filter_leaves_the_old_one() {
        let (control, _layer) = LogControl::new("info").unwrap();
        control.set_filter("cloakroom_node=debug").unwrap();
        control.set_filter("loud").unwrap_err();
        assert_eq!(control.filter(), "cloakroom_node=debug");
    }
}
