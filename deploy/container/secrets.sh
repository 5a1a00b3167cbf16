#!/bin/sh
# Makes the tokens that deploy/compose.yaml reads, each once, and keeps those that are there.
# A token itself is in `FILE.token`, for whoever is to send it; services see its hash only.
set -eu
cd "$(dirname "$0")/.."
mkdir -p secrets
chmod 700 secrets
cd secrets

random() { head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'; }

for of in gateway api; do
  [ -s "$of-tokens" ] && continue
  token=hw_$(random)
  (umask 077 && printf %s "$token" > "$of-tokens.token")
  printf '%s %s\n' "$of" "$(printf %s "$token" | sha256sum | cut -d' ' -f1)" > "$of-tokens"
done
[ -s metrics-token ] || printf %s "$(random)" > metrics-token
# The services run as another user; the folder is closed to all others of this host.
chmod 644 gateway-tokens api-tokens metrics-token
