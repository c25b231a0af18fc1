//! Every sample is accepted as it stands.

use std::fs;

use cloakroom_e2e::testbed::{Sandbox, install, sandbox};

#[tokio::test]
async fn the_api_server_takes_every_sample() {
    sandbox("samples", async |at: &Sandbox| {
        let folder = install::chart().join("samples");
        let samples: Vec<_> =
            fs::read_dir(folder).expect("the samples").map(|entry| entry.expect("a file").path()).collect();
        assert!(samples.iter().any(|sample| sample.ends_with("sessioncluster.yaml")), "{samples:?}");
        for sample in samples {
            let sample = sample.to_str().expect("a path of text");
            at.kubectl(&["apply", "--dry-run=server", "--validate=strict", "--filename", sample]);
        }
    })
    .await;
}
