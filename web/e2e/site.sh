#!/usr/bin/env bash
# A site for the browser tests, made by the product itself, and its server. Ends with the server.
set -euo pipefail
cd "$(dirname "$0")/../.."
cofferdam=target/debug/cofferdam
folder=target/e2e
rm -rf "$folder"
mkdir -p "$folder"
export COFFERDAM_SITE="$folder/site"
"$cofferdam" --quiet simulate "$folder/plant.pcap" --days 30 --poll-every 10min --intrusion vendor-direct
"$cofferdam" --quiet init --name "Riverside MRO"
"$cofferdam" --quiet observe "$folder/plant.pcap" >/dev/null
"$cofferdam" --quiet draft --first 7d >/dev/null
exec "$cofferdam" --quiet serve --port 6299
