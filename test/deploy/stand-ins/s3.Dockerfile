# What deploy/s3/Dockerfile expects of versity/versitygw: the program on the PATH, and wget.
FROM auspex-test/debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends busybox && rm -rf /var/lib/apt/lists/* \
 && ln -s /bin/busybox /usr/local/bin/wget
COPY versitygw /usr/local/bin/versitygw
