#!/bin/sh
# Reads the keys from the file that clients read, too, and makes the first bucket.
set -eu
value() { sed -n "s/^$1 *= *//p" /run/secrets/s3_credentials; }
ROOT_ACCESS_KEY=$(value aws_access_key_id)
ROOT_SECRET_KEY=$(value aws_secret_access_key)
export ROOT_ACCESS_KEY ROOT_SECRET_KEY
mkdir -p /buckets/auspex
exec versitygw --quiet --port :7070 --health /health posix /buckets
