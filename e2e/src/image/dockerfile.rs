//! What the Dockerfile says, as far as it can be done without a container engine.
//!
//! Its first stage is read for the one command that builds the programs. Its other stages start from nothing, copy
//! programs and say how a container starts. Whatever else stands there is refused and not left out, so that
//! what is tested is what people build.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value, json};

/// The stage that compiles.
const BUILD: &str = "build";

/// A whole Dockerfile.
#[derive(Debug, PartialEq)]
pub(super) struct Dockerfile {
    /// Variables of the build stage.
    pub(super) environment: Vec<(String, String)>,
    /// Its cargo command, for a shell.
    pub(super) cargo: String,
    /// The images.
    pub(super) stages: Vec<Stage>,
}

/// A stage that becomes an image.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Stage {
    pub(super) name: String,
    /// Programs: the path in the build stage, and the one in the image.
    pub(super) programs: Vec<(PathBuf, PathBuf)>,
    /// Folders that are made in the image.
    pub(super) folders: Vec<PathBuf>,
    /// The object `config` of an image configuration.
    pub(super) config: Map<String, Value>,
}

/// Reads a Dockerfile.
///
/// # Errors
/// It says something that is not understood: with its line and what could be written instead.
pub(super) fn parse(text: &str) -> anyhow::Result<Dockerfile> {
    let mut file = Dockerfile { environment: Vec::new(), cargo: String::new(), stages: Vec::new() };
    let mut building = false;
    for Instruction { line, word, rest } in instructions(text) {
        let said = || format!("Dockerfile line {line}: {word} {rest}");
        if word == "FROM" {
            let name = stage_name(&rest).with_context(said)?;
            building = name == BUILD;
            if !building {
                ensure!(rest.starts_with("scratch "), "{}: write FROM scratch AS {name}", said());
                file.stages.push(Stage { name, ..Stage::default() });
            }
        } else if building {
            read_build(&mut file, &word, &rest).with_context(said)?;
        } else {
            let stage = file.stages.last_mut().with_context(|| format!("{}: no stage before it", said()))?;
            read_final(stage, &word, &rest).with_context(said)?;
        }
    }
    ensure!(!file.cargo.is_empty(), "the Dockerfile has no stage `{BUILD}` that runs `cargo build`");
    ensure!(!file.stages.is_empty(), "the Dockerfile has no stage after `{BUILD}`");
    Ok(file)
}

struct Instruction {
    line: usize,
    word: String,
    rest: String,
}

/// Instructions with continued lines joined and comments left out.
fn instructions(text: &str) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (first, mut joined) = begun.take().unwrap_or((index + 1, String::new()));
        let continues = line.ends_with('\\');
        joined.push_str(line.trim_end_matches('\\'));
        if continues {
            begun = Some((first, joined));
            continue;
        }
        let (word, rest) = joined.split_once(char::is_whitespace).unwrap_or((&joined, ""));
        instructions.push(Instruction {
            line: first,
            word: word.to_ascii_uppercase(),
            rest: rest.trim().to_owned(),
        });
    }
    instructions
}

fn stage_name(rest: &str) -> anyhow::Result<String> {
    match rest.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
        [_, word, name] if word.eq_ignore_ascii_case("as") => Ok((*name).to_owned()),
        _ => bail!("write FROM IMAGE AS NAME"),
    }
}

fn read_build(file: &mut Dockerfile, word: &str, rest: &str) -> anyhow::Result<()> {
    match word {
        // The checkout is at hand already.
        "WORKDIR" | "COPY" => {}
        "ENV" => file.environment.extend(pairs(rest)?),
        "RUN" => {
            ensure!(file.cargo.is_empty(), "the stage may run one command; join them with &&");
            let words = rest.split_ascii_whitespace().skip_while(|word| word.starts_with("--mount="));
            let commands = words.collect::<Vec<_>>().join(" ");
            // What follows puts the programs where the other stages find them.
            let cargo = commands.split("&&").next().unwrap_or_default().trim();
            ensure!(cargo.starts_with("cargo build "), "the command has to begin with `cargo build`");
            cargo.clone_into(&mut file.cargo);
        }
        _ => bail!("this stage may have WORKDIR, COPY, ENV and one RUN"),
    }
    Ok(())
}

fn read_final(stage: &mut Stage, word: &str, rest: &str) -> anyhow::Result<()> {
    let config = &mut stage.config;
    match word {
        "COPY" => match rest.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            [from, program, to] if *from == format!("--from={BUILD}") && to.starts_with('/') => {
                stage.programs.push((program.into(), to.into()));
            }
            _ => bail!("write COPY --from={BUILD} PROGRAM /PATH"),
        },
        "USER" => drop(config.insert("User".to_owned(), json!(rest))),
        "WORKDIR" => {
            stage.folders.push(rest.into());
            config.insert("WorkingDir".to_owned(), json!(rest));
        }
        "ENTRYPOINT" => {
            let words: Vec<String> = serde_json::from_str(rest).context("write ENTRYPOINT [\"/PROGRAM\"]")?;
            config.insert("Entrypoint".to_owned(), json!(words));
        }
        "EXPOSE" => {
            let ports = rest.split_ascii_whitespace().map(|port| (format!("{port}/tcp"), json!({})));
            config.insert("ExposedPorts".to_owned(), ports.collect::<Map<_, _>>().into());
        }
        "LABEL" => {
            let labels = config.entry("Labels").or_insert_with(|| json!({}));
            for (key, value) in pairs(rest)? {
                labels[key] = value.into();
            }
        }
        "ENV" => {
            let variables = pairs(rest)?.into_iter().map(|(key, value)| json!(format!("{key}={value}")));
            let all = config.entry("Env").or_insert_with(|| json!([]));
            all.as_array_mut().expect("it was made as one").extend(variables);
        }
        _ => bail!("a final stage may have COPY, USER, WORKDIR, ENTRYPOINT, EXPOSE, LABEL and ENV"),
    }
    Ok(())
}

/// `KEY=VALUE KEY="VALUE WITH SPACES"`.
fn pairs(rest: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = rest.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').context("write KEY=VALUE")?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').context("a quotation mark is missing")?,
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        pairs.push((key.to_owned(), value.to_owned()));
        rest = after.trim();
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    //! What is understood, and what is said about the rest.

    use serde_json::{Value, json};

    use super::parse;

    const BUILD: &str = r#"
# A comment.
FROM rust:1 AS build
WORKDIR /src
COPY . .
ENV RUSTFLAGS="-C a -C b" CARGO_TERM_COLOR=never
RUN --mount=type=cache,target=/a \
    # A comment between.
    --mount=type=cache,target=/b \
    cargo build --release --target "$(rustc --print host-tuple)" \
        -p shop && \
    install -t /out target/shop
"#;

    const FINAL: &str = r#"
FROM scratch AS shop
COPY --from=build /out/shop /shop
LABEL title="a shop" licence=free
LABEL more=yes
ENV A=1
ENV B="2 3"
USER 65532:65532
WORKDIR /var/lib/shop
EXPOSE 80 81
ENTRYPOINT ["/shop", "serve"]
"#;

    #[test]
    fn the_build_stage_gives_its_command_and_variables() {
        let file = parse(&format!("{BUILD}{FINAL}")).unwrap();
        assert_eq!(file.cargo, r#"cargo build --release --target "$(rustc --print host-tuple)" -p shop"#);
        let variables = [("RUSTFLAGS", "-C a -C b"), ("CARGO_TERM_COLOR", "never")];
        assert_eq!(file.environment, variables.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_final_stage_gives_its_programs_and_configuration() {
        let file =
            parse(&format!("{BUILD}{FINAL}FROM scratch AS other\nCOPY --from=build /out/o /o\n")).unwrap();
        let [shop, other] = file.stages.as_slice() else { panic!("{file:?}") };
        assert_eq!((shop.name.as_str(), other.name.as_str()), ("shop", "other"));
        assert_eq!(shop.programs, [("/out/shop".into(), "/shop".into())]);
        assert_eq!(shop.folders, [std::path::PathBuf::from("/var/lib/shop")]);
        assert_eq!(
            Value::Object(shop.config.clone()),
            json!({
                "User": "65532:65532",
                "WorkingDir": "/var/lib/shop",
                "Entrypoint": ["/shop", "serve"],
                "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
                "Labels": {"title": "a shop", "licence": "free", "more": "yes"},
                "Env": ["A=1", "B=2 3"],
            })
        );
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let refused = format!("{:#}", parse(text).unwrap_err());
        assert!(refused.contains(message), "{refused}");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        let with = |line: &str| format!("{BUILD}{FINAL}{line}\n");
        refused(&with("RUN adduser shop"), "line 24: RUN adduser shop: a final stage may have COPY,");
        refused(&with("COPY --from=build /a /b /c"), "write COPY --from=build PROGRAM /PATH");
        refused(&with("COPY a /b"), "write COPY --from=build PROGRAM /PATH");
        refused(&with("ENTRYPOINT /shop"), "write ENTRYPOINT [");
        refused(&with("LABEL title"), "write KEY=VALUE");
        refused(&with("LABEL title=\"a"), "a quotation mark is missing");
        refused(&with("FROM scratch"), "write FROM IMAGE AS NAME");
        refused(&with("FROM debian AS shop"), "write FROM scratch AS shop");
        refused("USER 1", "no stage before it");
        refused("FROM rust AS build\nRUN make", "has to begin with `cargo build`");
        refused("FROM rust AS build\nRUN cargo build a\nRUN cargo build b", "join them with &&");
        refused("FROM rust AS build\nADD a b", "WORKDIR, COPY, ENV and one RUN");
        refused(FINAL, "no stage `build`");
        refused(BUILD, "no stage after `build`");
    }
}
