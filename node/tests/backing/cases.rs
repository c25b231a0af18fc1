//! What every engine must do.

mod batches;
mod expiry;
mod races;
mod troubles;
mod values;
mod versions;

use crate::check::Case;

/// The whole contract.
pub(crate) fn all() -> Vec<Case> {
    [values::CASES, versions::CASES, batches::CASES, races::CASES, expiry::CASES, troubles::CASES].concat()
}

/// A case for a function, by its name.
macro_rules! case {
    ($name:ident) => {
        $crate::check::Case {
            name: stringify!($name),
            needs: &[],
            proxied: false,
            run: |world| Box::pin(async move { $name(&world).await }),
        }
    };
    ($name:ident, needs $trouble:ident) => {
        $crate::check::Case { needs: &[$crate::engine::Trouble::$trouble], ..case!($name) }
    };
    ($name:ident, proxied) => {
        $crate::check::Case { proxied: true, ..case!($name) }
    };
}
use case;
