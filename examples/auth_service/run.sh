#!/bin/sh
# Runs the service on http://127.0.0.1:8000 with two workers, as README.md says: `run.sh [OPTIONS OF UVICORN]`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../../.venv/bin:$PATH

: "${AUTH_SERVICE_STATE:=$here/state}" "${AUTH_SERVICE_PAGE:=$here/page/dist}"
export AUTH_SERVICE_STATE AUTH_SERVICE_PAGE PYTHONPATH="$here" PROMETHEUS_MULTIPROC_DIR="$AUTH_SERVICE_STATE/counters"

[ -e "$AUTH_SERVICE_PAGE/index.html" ] || sh "$here/page/build.sh"
python -m service.prepare
# A worker that does not answer for a minute is replaced. The default is five seconds, which a busy machine may need.
exec uvicorn service.app:app --workers 2 --timeout-worker-healthcheck 60 --host 127.0.0.1 --port 8000 \
    --no-access-log --no-server-header "$@"
