# Auspex on NVIDIA's CUDA run-time libraries, for machines with GPUs. It was never built, nor run on hardware. The base image has the
# CUDA runtime and NCCL, which collectives between GPUs load (docs/nccl.md); TensorFlow is not in it. Built from the root of the
# repository:
#
#     docker build -f deploy/gpu.Dockerfile -t auspex-gpu:0.1.0 .

FROM node:20.20.2-bookworm-slim AS node

FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04 AS build
COPY --from=node /usr/local /usr/local
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ libgloo-dev libjpeg-turbo8-dev make python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY binding.gyp ./
COPY setup setup
COPY kernels kernels
RUN node setup/install.mjs
COPY . .
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/typescript node_modules/@typescript node_modules/node-gyp node_modules/node-addon-api \
    node_modules/node-api-headers build/dependencies/onednn/include

FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgloo0 libgomp1 libjpeg-turbo8 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp auspex \
 && install -d -o auspex -g auspex /data /results /state
# What is loaded by these names has to be here: better to learn that now than at the first training.
RUN ldconfig -p | grep -q 'libcudart\.so\.12' && ldconfig -p | grep -q 'libnccl\.so\.2'
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/build/Release/auspex.node build/Release/auspex.node
COPY --from=build /app/build/dependencies/onednn/lib build/dependencies/onednn/lib
COPY --from=build /app/protos protos
COPY --from=build /app/services/cli/bin.js services/cli/bin.js
COPY --from=build /app/services/dashboard/page services/dashboard/page
COPY --from=build /app/dist dist
RUN ln -s /app/services/cli/bin.js /usr/local/bin/auspex
ENV NODE_ENV=production HOME=/tmp XDG_CACHE_HOME=/tmp/.cache NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
ENTRYPOINT ["tini", "--", "auspex"]
CMD ["--help"]
