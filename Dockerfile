# The image of the managed plugin and of the plain container: Node, the mount helpers, and the content of the tarball.
# BASE needs Node 20.19 or newer, and apt-get for HELPERS; leave HELPERS empty if the base has them.
ARG BASE=node:20-bookworm-slim

FROM ${BASE} AS build
WORKDIR /build
COPY . .
RUN node scripts/ready.mjs && node scripts/tarball.mjs --output /packed && \
  mkdir -p /opt/holdfast && tar -xzf /packed/*.tar.gz -C /opt/holdfast --strip-components=1

FROM ${BASE}
ARG HELPERS="nfs-common glusterfs-client e2fsprogs xfsprogs util-linux mount libc-bin ca-certificates"
# Removes the parts of the Node image that Holdfast does not use. A plugin has a single layer, so they are not shipped.
RUN if [ -n "${HELPERS}" ]; then \
      apt-get update && apt-get install -y --no-install-recommends ${HELPERS} && \
      rm -rf /var/lib/apt/lists/* /var/cache/apt /usr/local/include/node /usr/local/lib/node_modules /opt/yarn-* \
        /usr/share/doc /usr/share/man /usr/share/locale /usr/lib/python3*; \
    fi
COPY --from=build /opt/holdfast /opt/holdfast
# Keeps V8's compiled code, for a faster start.
RUN ["node", "/opt/holdfast/dist/main.js", "__compile"]
LABEL org.opencontainers.image.title="holdfast" \
  org.opencontainers.image.description="Volumes that outlive containers and hosts, for Docker, Podman, Swarm, Nomad and Apache Mesos" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.vendor="The Holdfast authors" \
  org.opencontainers.image.url="https://github.com/holdfast-volumes/holdfast#readme" \
  org.opencontainers.image.source="https://github.com/holdfast-volumes/holdfast"
ENTRYPOINT ["node", "/opt/holdfast/dist/main.js"]
CMD ["serve", "--json"]
