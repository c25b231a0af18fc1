# syntax=docker/dockerfile:1
# Two images without an operating system: `docker build --target node .` and `docker build --target operator .`
#
# The end-to-end tests make the same images without a container engine: they run the build stage's `cargo build` with
# its environment and read the final stages. So those only copy, and say what a container starts with.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Statically linked: nothing but the programs to copy, and nothing else to patch. With `--target`, cargo keeps the flag
# away from build scripts and macros, which cannot be linked that way.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --target host-tuple --bins -p cloakroom-node -p cloakroom-client -p cloakroom-operator && \
    cd "target/$(rustc --print host-tuple)/release" && \
    install -D -t /out cloakroom-node cloakroom cloakroom-operator

FROM scratch AS node
LABEL org.opencontainers.image.title="cloakroom-node"
LABEL org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/cloakroom-node /cloakroom-node
# The client tool, for `kubectl exec`.
COPY --from=build /out/cloakroom /cloakroom
USER 65532:65532
EXPOSE 42424 9424
ENTRYPOINT ["/cloakroom-node"]

FROM scratch AS operator
LABEL org.opencontainers.image.title="cloakroom-operator"
LABEL org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/cloakroom-operator /cloakroom-operator
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/cloakroom-operator"]
