#!/usr/bin/env bash
# Makes the databases ready as their administrator: log, read models, vault. May be run at any time; it is run before
# every start, and does nothing when all is up to date.
set -euo pipefail

secrets=${ANNALS_SECRETS:-/run/secrets}
server=${ANNALS_POSTGRES:-postgres:5432}
password=$(<"$secrets/postgres_password")

# Runs `annals WHAT prepare` on a database; the URL goes through the environment, where `ps` does not show it.
prepare() {
    local what=$1 database=$2
    echo "prepare: $what in $database" >&2
    ANNALS_ADMIN_URL="postgres://postgres:$password@$server/$database" \
        annals "$what" prepare --no-input --writer annals --writer-password-file "$secrets/annals_password"
}

prepare log annals
prepare projection annals_read
prepare vault annals_vault
