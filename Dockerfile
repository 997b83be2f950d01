# syntax=docker/dockerfile:1
# The server in an image: built with every dependency cached, run by a user who owns nothing but its data.

ARG RUST=1.95
ARG DEBIAN=bookworm

FROM rust:${RUST}-slim-${DEBIAN} AS builder
WORKDIR /src
# What is compiled of dependencies stays in the cache mounts from build to build; only what changed is compiled anew.
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package annals \
    && install -D target/release/annals /out/annals

FROM debian:${DEBIAN}-slim AS runtime
# Certificates, for servers that are reached through TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# Fixed, so that files of one container can be read by the next: keys are readable by their owner alone.
ARG UID=10001
ARG GID=10001
RUN groupadd --gid "$GID" annals \
    && useradd --uid "$UID" --gid "$GID" --home-dir /data --no-create-home --shell /usr/sbin/nologin annals \
    && install --directory --owner "$UID" --group "$GID" --mode 0700 /data /keys
COPY --from=builder /out/annals /usr/local/bin/annals
COPY --chmod=0755 deploy/healthy.sh /usr/local/bin/annals-healthy
COPY --chmod=0755 deploy/prepare.sh /usr/local/bin/annals-prepare

LABEL org.opencontainers.image.title="Annals" \
      org.opencontainers.image.description="Strategy seasons in Discord that can be replayed, audited and rolled back" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"

ENV ANNALS_DATA=/data \
    ANNALS_LISTEN=0.0.0.0:8787
VOLUME ["/data", "/keys"]
EXPOSE 8787
USER annals
WORKDIR /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["annals-healthy"]
# The server itself is the first process: it gets SIGTERM and stops in good order, and it starts no others.
STOPSIGNAL SIGTERM
ENTRYPOINT ["annals"]
CMD ["serve", "--no-input"]
