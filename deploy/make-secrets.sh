#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads from ./secrets: random, readable by their owner alone. What is there stays,
# so it may be run at any time. A secret that is to be replaced is deleted first, and those that are made from it.
set -euo pipefail
umask 077

cd "$(dirname "$0")/.."
folder=${1:-secrets}
# Containers run as this user: a secret is a file of this machine, mounted as it is.
uid=${ANNALS_UID:-10001}
gid=${ANNALS_GID:-10001}

mkdir -p "$folder"
chmod 0700 "$folder"

# Writes standard input to a secret that is not there yet: under another name first, so that a crash leaves no half.
keep() {
    local file=$folder/$1
    if [[ -s $file ]]; then
        cat >/dev/null
        return
    fi
    cat >"$file.new"
    chmod 0600 "$file.new"
    mv "$file.new" "$file"
    echo "made $file" >&2
}

# 256 bits in hex, after a letter: the configuration of NATS would take a word of digits for a number.
random() {
    printf 'p%s' "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
}

for name in postgres_password annals_password nats_node_password nats_reader_password grafana_password; do
    random | keep "$name"
done

node=$(<"$folder/annals_password")
printf 'postgres://annals:%s@postgres:5432/annals' "$node" | keep log_url
printf 'postgres://annals:%s@postgres:5432/annals_read' "$node" | keep read_models_url
printf 'postgres://annals:%s@postgres:5432/annals_vault' "$node" | keep vault_url
printf 'nats://node:%s@nats:4222' "$(<"$folder/nats_node_password")" | keep bus_url

# Only Discord can give these: they are put in here by hand (docs/discord.md, docs/operating.md), and stay empty where there
# are none.
for name in discord_token discord_client_secret; do
    if [[ ! -e $folder/$name ]]; then
        : >"$folder/$name"
    fi
done

if [[ $EUID -eq 0 ]]; then
    chown "$uid:$gid" "$folder"/*
elif [[ $EUID -ne $uid ]]; then
    # Only root can give files away, so the containers run as this user instead.
    touch .env
    for line in "ANNALS_UID=$(id -u)" "ANNALS_GID=$(id -g)"; do
        grep -q "^${line%%=*}=" .env || echo "$line" >>.env
    done
    echo "containers will run as $(id -un): see .env" >&2
fi
