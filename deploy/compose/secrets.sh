#!/bin/sh
# Makes the passwords of this installation, once, readable by you alone.
set -eu
umask 077
cd "$(dirname "$0")"
if [ -e secrets/watchfloor.env ]; then
    echo "secrets/ is there already; delete it together with the volumes for new ones" >&2
    exit 0
fi
mkdir -p secrets
password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
owner=$(password)
app=$(password)
cat > secrets/postgres.env <<END
POSTGRES_USER=watchfloor_owner
POSTGRES_PASSWORD=$owner
POSTGRES_DB=watchfloor
END
# The server works as a role that owns nothing: row-level security holds for it. Readable within the database's container.
cat > secrets/roles.sql <<END
CREATE ROLE watchfloor_app LOGIN PASSWORD '$app';
GRANT CONNECT ON DATABASE watchfloor TO watchfloor_app;
END
chmod 0644 secrets/roles.sql
cat > secrets/watchfloor.env <<END
WATCHFLOOR__DATABASE__URL=postgres://watchfloor_app:$app@postgres/watchfloor
WATCHFLOOR__DATABASE__MIGRATION_URL=postgres://watchfloor_owner:$owner@postgres/watchfloor
END
echo "made; now: docker compose up"
