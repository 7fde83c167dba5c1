# Auspex with TensorFlow for NVIDIA GPUs, CUDA's libraries and NCCL, as `auspex setup tensorflow --gpu` brings them: 4 GB more than
# deploy/Dockerfile, and otherwise the same. The driver's library comes from the host, by NVIDIA's container toolkit. It never
# ran on hardware. Built from the root of the repository:
#
#     docker build -f deploy/gpu.Dockerfile -t auspex-gpu:0.1.0 .

FROM node:20.20.2-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ libgloo-dev libjpeg62-turbo-dev make python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY binding.gyp ./
COPY setup setup
COPY kernels kernels
RUN node setup/install.mjs
COPY . .
RUN npm run build
# Without --gpu the build for processors, a quarter of the size: to try the image where there is no GPU.
ARG TENSORFLOW=--gpu
RUN AUSPEX_TENSORFLOW=/opt/tensorflow node services/cli/bin.js setup tensorflow $TENSORFLOW \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/typescript node_modules/@typescript node_modules/node-gyp node_modules/node-addon-api \
    node_modules/node-api-headers build/dependencies/onednn/include

FROM node:20.20.2-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgloo0 libgomp1 libjpeg62-turbo tini \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn-* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp auspex \
 && install -d -o auspex -g auspex /data /results /state
WORKDIR /app
COPY --from=build /opt/tensorflow /opt/tensorflow
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/build/Release/auspex.node build/Release/auspex.node
# By these it knows which build of TensorFlow's operations is its own.
COPY --from=build /app/kernels/collectives/tensorflow-ops.cc /app/kernels/collectives/collective-calls.h kernels/collectives/
COPY --from=build /app/build/dependencies/onednn/lib build/dependencies/onednn/lib
COPY --from=build /app/protos protos
COPY --from=build /app/services/cli/bin.js services/cli/bin.js
COPY --from=build /app/services/dashboard/page services/dashboard/page
COPY --from=build /app/dist dist
RUN ln -s /app/services/cli/bin.js /usr/local/bin/auspex
ENV NODE_ENV=production HOME=/tmp XDG_CACHE_HOME=/tmp/.cache AUSPEX_TENSORFLOW=/opt/tensorflow \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
ENTRYPOINT ["tini", "--", "auspex"]
CMD ["--help"]
