#!/bin/sh
# Install the clients test_clients.py drives, each into a folder of its own under .venv/clients.
# Usage: install.sh PYTHON (3.11 or newer). Node.js 20 or newer and npm are needed for two of them.
set -eu
python="$1"
home="$(cd "$(dirname "$0")/../../.." && pwd)/.venv/clients"
mkdir -p "$home/javascript"
test -x "$home/python/bin/python" || "$python" -m venv "$home/python"
"$home/python/bin/python" -m pip --disable-pip-version-check --quiet install alpaca-trade-api==3.2.0
cd "$home/javascript"
test -f package.json || echo '{"private": true}' >package.json
npm install --silent --no-fund --no-audit \
    alpaca-3@npm:@alpacahq/alpaca-trade-api@3.1.3 \
    alpaca-4@npm:@alpacahq/alpaca-trade-api@4.0.2
