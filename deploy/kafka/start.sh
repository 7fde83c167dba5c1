#!/bin/bash
# Formats a volume that is new, and starts the broker. Nothing is written outside of the volume and /tmp.
set -e
export LOG_DIR=/tmp/logs KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/etc/auspex/log4j2.properties
# Without the log of garbage collections, which the start script would keep in files.
export EXTRA_ARGS='-name kafkaServer'
settings=/etc/auspex/server.properties
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id auspexAuspexAuspexAusA --config "$settings"
exec /opt/kafka/bin/kafka-server-start.sh "$settings" \
  --override "advertised.listeners=INTERNAL://kafka:9092,HOST://localhost:${HOST_PORT:-9094}"
