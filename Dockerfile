# Images of foxflow's programs, one target each: worker, starter, codec, simulator.
# The same flags as "make programs": static, and the same bytes from the same source.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY . .
# What --version says the source is: docker compose build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT
# Modules and compiled packages stay with the builder: the next version takes seconds.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-X foxflow/internal/version.commit=$COMMIT" -o /out/ ./worker ./starter ./codec ./simulator/cmd/simulator
# A new volume takes owner and mode of the folder that it covers: whatever user the
# simulator runs as can write its state.
RUN install -d -m 1777 /out/root/state

# Certificates of the public CAs, time zones, and a user who is not root: no shell, no
# libc, no package manager.
FROM gcr.io/distroless/static-debian12:nonroot AS base
USER 65532:65532

FROM base AS worker
COPY --from=build /out/worker /worker
ENTRYPOINT ["/worker"]

FROM base AS starter
COPY --from=build /out/starter /starter
ENTRYPOINT ["/starter"]

FROM base AS codec
COPY --from=build /out/codec /codec
ENTRYPOINT ["/codec"]

FROM base AS simulator
COPY --from=build /out/root/ /
COPY --from=build /out/simulator /simulator
ENTRYPOINT ["/simulator"]
