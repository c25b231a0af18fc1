//! The images that the chart is told to run.

use std::env;

use anyhow::Context as _;

use crate::image;

/// Each with its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Of session nodes.
    pub node: String,
    /// Of the operator.
    pub operator: String,
}

impl Images {
    /// Those of this checkout, which `up` imports.
    pub(crate) fn local() -> Self {
        Self { node: image::name("node"), operator: image::name("operator") }
    }

    /// Those that somebody put where a cluster of theirs finds them.
    pub(crate) fn given() -> anyhow::Result<Self> {
        let named = |variable: &str| {
            env::var(variable).with_context(|| {
                format!(
                    "KUBECONFIG names a cluster, so {variable} has to name an image that it can get: build it \
                     with `docker build`, load or push it, and write NAME:TAG"
                )
            })
        };
        Ok(Self { node: named("CLOAKROOM_NODE_IMAGE")?, operator: named("CLOAKROOM_OPERATOR_IMAGE")? })
    }

    /// The chart's values for them, as arguments of helm.
    pub fn values(&self) -> Vec<String> {
        [("node", &self.node), ("operator", &self.operator)]
            .into_iter()
            .flat_map(|(which, image)| {
                let (repository, tag) = split(image);
                [
                    format!("--set-string=image.{which}.repository={repository}"),
                    format!("--set-string=image.{which}.tag={tag}"),
                ]
            })
            .collect()
    }
}

/// A colon before the last slash belongs to a port.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    //! Names and tags.

    use super::split;

    #[test]
    fn a_tag_is_told_from_a_port() {
        for (image, parts) in [
            ("shop:1.2", ("shop", "1.2")),
            ("shop", ("shop", "latest")),
            ("images:5000/shop", ("images:5000/shop", "latest")),
            ("images:5000/shop:1", ("images:5000/shop", "1")),
        ] {
            assert_eq!(split(image), parts, "{image}");
        }
    }
}
