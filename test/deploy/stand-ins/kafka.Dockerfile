# What docker-compose.yml expects of apache/kafka: Java, the distribution's scripts below /opt/kafka/bin, and the user's volume.
FROM auspex-test/debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
COPY jars /opt/kafka/libs
COPY kafka-server-start.sh kafka-storage.sh /opt/kafka/bin/
RUN useradd --uid 1000 appuser && install -d -o appuser /var/lib/kafka/data
USER appuser
