# One image for both: `controller` and `speaker` are its commands. tools/image.ts makes the same from local files.
FROM node:24-bookworm-slim AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY tools tools
COPY proto proto
COPY src src
# heraldlb.mjs has it inside.
COPY manifests/heraldlb.yaml manifests/heraldlb.yaml
RUN npm run build

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.source="https://github.com/heraldlb/heraldlb" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /heraldlb
COPY --from=build /source/dist ./
# `node controller` and the others follow these.
RUN ln -s controller.mjs controller && ln -s speaker.mjs speaker && ln -s heraldlb.mjs heraldlb
# One arena of the C library is enough for threads that do their work in JavaScript: 4 MiB less.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
# The controller needs no rights on its host; the DaemonSet says what the speaker needs.
USER 65532:65532
# As tools/node-flags.ts says.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=2", "--optimize-for-size", "--v8-pool-size=1", "--expose-gc"]
CMD ["controller"]
