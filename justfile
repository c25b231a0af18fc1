# A menu of one-line recipes; anything that needs an `if` is a chore in xtask.

# List the recipes.
default:
    @just --list

# Start a node on the defaults.
run *args:
    cargo run -- {{args}}

# Store, lock and read a session on a running node.
hello:
    cargo run -p cloakroom-client --example hello

# Everything that must pass before a change is merged.
test *args:
    cargo xtask test {{args}}

# Format all code.
fmt:
    cargo fmt --all

# Lints, warnings are errors.
clippy:
    cargo xtask test --only clippy

# The rules of the tree.
tidy:
    cargo xtask tidy

# Licences, sources and banned crates.
deny:
    cargo xtask deny

# Write the generated documents anew.
docs:
    cargo xtask generate

# Measure the node beside its peers.
bench *args:
    cargo xtask bench {{args}}
