#!/bin/sh
# Makes the secrets of docker-compose.yml that are missing, in deploy/secrets/. Others of this machine cannot enter that folder;
# the files themselves can be read by the users of the containers, whichever numbers they have.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
make() {
  [ -e "secrets/$1" ] && return
  cat >"secrets/$1"
  chmod 444 "secrets/$1"
  echo "made deploy/secrets/$1"
}
random | make workers_token
random | make grafana_password
# Nobody yet: `auspex token` adds clients.
echo 'clients: []' | make clients.yaml
printf '[default]\naws_access_key_id = auspex\naws_secret_access_key = %s\n' "$(random)" | make s3_credentials
