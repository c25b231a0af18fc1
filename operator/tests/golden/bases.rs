//! The promises that others are compared with, so that their files show what is different about them.

use std::path::Path;

use serde_json::Value;

use crate::{Case, built, written};

/// What the other promises are compared with, by what a cluster has.
pub(crate) struct Bases {
    plain: Base,
    backed: Base,
    data_centre: Base,
}

impl Bases {
    pub(crate) fn read(root: &Path) -> Self {
        Self {
            plain: Base::read(root, "all-serve"),
            backed: Base::read(root, "backing-store-reached"),
            data_centre: Base::read(root, "data-centre-reaches-its-peers"),
        }
    }

    /// No promise is compared with itself, but for the first.
    pub(crate) fn of(&self, case: &Case) -> &Base {
        let spec = &case.cluster.spec;
        let is_other = |base: &&Base| base.name != case.name;
        let backed = spec.backing_store.as_ref().map(|_| &self.backed);
        let data_centre = spec.data_centre.as_ref().map(|_| &self.data_centre);
        data_centre.filter(is_other).or(backed.filter(is_other)).unwrap_or(&self.plain)
    }
}

/// One of them.
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) objects: Vec<Value>,
}

impl Base {
    fn read(root: &Path, name: &'static str) -> Self {
        let mut case = Case::read(&root.join(name));
        let published = case.publish();
        let (valid, resources) = built(&case);
        Self { name, objects: written(&case, published.as_ref(), Some((&valid, &resources))) }
    }
}
