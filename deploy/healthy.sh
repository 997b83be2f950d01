#!/usr/bin/env bash
# Whether the server in this container is ready: GET /readyz on its own port. Needs nothing but bash.
set -euo pipefail

listen=${ANNALS_LISTEN:-127.0.0.1:8787}
exec 3<>"/dev/tcp/127.0.0.1/${listen##*:}"
printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
IFS= read -r -t 4 status <&3
[[ $status == HTTP/1.?' 200 '* ]] && exit 0
# The body says why.
cat <&3 >&2
exit 1
