//! From the Dockerfile to images: runs its cargo command here and puts the programs into layers.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::{
    Image, archive,
    dockerfile::{self, Dockerfile, Stage},
    layer::{self, Entry},
};
use crate::folders;

/// Program name to the file that cargo made.
type Built = BTreeMap<String, PathBuf>;

/// The images of all final stages, each called `cloakroom-STAGE:VERSION` as the chart expects.
pub(super) fn from_dockerfile() -> anyhow::Result<Vec<Image>> {
    let path = folders::checkout().join("Dockerfile");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = dockerfile::parse(&text)?;
    let built = compile(&file)?;
    file.stages.into_iter().map(|stage| image(stage, &built)).collect()
}

/// The name of a stage's image.
pub(crate) fn name(stage: &str) -> String {
    format!("cloakroom-{stage}:{}", env!("CARGO_PKG_VERSION"))
}

fn compile(file: &Dockerfile) -> anyhow::Result<Built> {
    // Cargo tells where the programs are, so that it does not matter where the Dockerfile's paths would be.
    let script = format!("{} --message-format=json-render-diagnostics", file.cargo);
    let build = Command::new("sh")
        .current_dir(folders::checkout())
        .args(["-c", &script])
        .envs(file.environment.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start a shell")?;
    ensure!(build.status.success(), "the Dockerfile's command failed: {}", file.cargo);
    let lines = String::from_utf8(build.stdout)?;
    Ok(lines.lines().filter_map(executable).collect())
}

/// What cargo says about one thing that it built, if that is a program.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    let path = serde_json::from_str::<Message>(line).ok()?.executable?;
    Some((path.file_name()?.to_string_lossy().into_owned(), path))
}

fn image(stage: Stage, built: &Built) -> anyhow::Result<Image> {
    let mut entries = layer::Entries::new();
    for folder in &stage.folders {
        entries.insert(in_image(folder), Entry::Folder);
    }
    for (from, to) in &stage.programs {
        let name = from.file_name().unwrap_or_default().to_string_lossy();
        let program = built.get(&*name).with_context(|| {
            format!(
                "stage {} copies {name}, which the build stage's cargo command does not build",
                stage.name
            )
        })?;
        let content = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
        entries.insert(in_image(to), Entry::Program(content));
    }
    let name = name(&stage.name);
    let archive = archive::save(&name, &stage.config.into(), &layer::tar(&entries)?)?;
    Ok(Image { name, archive })
}

/// Archives hold no absolute paths.
fn in_image(path: &Path) -> PathBuf {
    path.strip_prefix("/").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    //! Which of cargo's messages name programs, and what a stage copies.

    use super::{Built, Stage, executable, image};

    #[test]
    fn only_programs_are_programs() {
        let line =
            |executable: &str| format!(r#"{{"reason":"compiler-artifact","executable":{executable}}}"#);
        let (name, path) = executable(&line("\"/t/release/shop\"")).unwrap();
        assert_eq!((name.as_str(), path.to_str()), ("shop", Some("/t/release/shop")));
        assert_eq!(executable(&line("null")), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn a_program_that_nobody_builds_is_named() {
        let stage = Stage {
            name: "till".to_owned(),
            programs: vec![("/out/till".into(), "/till".into())],
            ..Stage::default()
        };
        let message = image(stage, &Built::new()).unwrap_err().to_string();
        assert!(message.contains("stage till copies till"), "{message}");
    }
}
