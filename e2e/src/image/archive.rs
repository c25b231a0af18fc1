//! An image as `docker save` writes it: a tar of a manifest, a configuration and a layer, each named by its
//! content.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::EntryType;

use super::layer;

/// The archive of an image with one layer. `config` is what the Dockerfile says about running it: the object
/// `config` of an image configuration.
pub(super) fn save(name: &str, config: &Value, layer: &[u8]) -> anyhow::Result<Vec<u8>> {
    let layer_digest = digest(layer);
    let configuration = serde_json::to_vec(&json!({
        "architecture": architecture(),
        "os": "linux",
        // The image is the same whenever it is built from the same programs.
        "created": "1970-01-01T00:00:00Z",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer_digest}")]},
    }))?;
    let configuration_file = format!("{}.json", digest(&configuration));
    let layer_file = format!("{layer_digest}.tar");
    let manifest = serde_json::to_vec(&json!([{
        "Config": configuration_file,
        "RepoTags": [name],
        "Layers": [layer_file],
    }]))?;

    let mut archive = tar::Builder::new(Vec::new());
    for (file, content) in
        [("manifest.json", manifest.as_slice()), (&configuration_file, &configuration), (&layer_file, layer)]
    {
        layer::append(&mut archive, Path::new(file), EntryType::Regular, content, 0o644)?;
    }
    Ok(archive.into_inner()?)
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// This machine's, in the words of image configurations.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    //! What is in an archive, and that it is always the same.

    use std::io::Read as _;

    use serde_json::{Value, json};

    use super::{
        super::layer::{self, Entry},
        digest, save,
    };

    fn shop() -> Vec<u8> {
        let entries = [("shop".into(), Entry::Program(b"program".to_vec()))].into();
        save("shop:1", &json!({"User": "65532:65532"}), &layer::tar(&entries).unwrap()).unwrap()
    }

    #[test]
    fn the_same_programs_give_the_same_bytes() {
        assert_eq!(shop(), shop());
    }

    #[test]
    fn the_manifest_leads_to_the_configuration_and_the_layer() {
        let archive = shop();
        let mut entries = std::collections::BTreeMap::new();
        for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            entries.insert(entry.path().unwrap().display().to_string(), content);
        }
        let manifest: Value = serde_json::from_slice(&entries["manifest.json"]).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["shop:1"]));
        let layer = &entries[manifest[0]["Layers"][0].as_str().unwrap()];
        let configuration: Value =
            serde_json::from_slice(&entries[manifest[0]["Config"].as_str().unwrap()]).unwrap();
        assert_eq!(configuration["rootfs"]["diff_ids"], json!([format!("sha256:{}", digest(layer))]));
        assert_eq!(configuration["config"]["User"], "65532:65532");

        let mut layer = tar::Archive::new(layer.as_slice());
        let mut file = layer.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(file.path().unwrap().to_str(), Some("shop"));
        assert_eq!(file.header().mode().unwrap(), 0o755);
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        assert_eq!(content, "program");
    }
}
