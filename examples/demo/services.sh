#!/usr/bin/env bash
# services.sh FOLDER APPS NGINX_PORT SHOP_PORT STOCK_PORT: nginx, and behind it two C++ services, until
# SIGTERM. None of them knows anything of telemetry; only their names are set.
set -euo pipefail
folder=$1 apps=$2 nginx_port=$3 shop_port=$4 stock_port=$5
here=$(cd "$(dirname "$0")" && pwd)

services=()
stop() {
  kill -TERM "${services[@]}" 2>/dev/null || true
}
trap stop TERM INT

OTEL_SERVICE_NAME=stock "$apps/beast_server" --port "$stock_port" >"$folder/stock.log" 2>&1 &
services+=($!)
OTEL_SERVICE_NAME=shop "$apps/httplib_server" --port "$shop_port" \
  --upstream "http://127.0.0.1:$stock_port" >"$folder/shop.log" 2>&1 &
services+=($!)
sed -e "s|@FOLDER@|$folder|; s|@SHOP_PORT@|$shop_port|; s|@NGINX_PORT@|$nginx_port|" \
  "$here/nginx.conf.in" >"$folder/nginx.conf"
OTEL_SERVICE_NAME=gateway /usr/sbin/nginx -p "$folder" -c "$folder/nginx.conf" \
  -e "$folder/nginx.log" >"$folder/nginx.out" 2>&1 &
services+=($!)

# A trapped signal ends `wait` early, so it is called until nobody is left.
while kill -0 "${services[@]}" 2>/dev/null; do
  wait || true
done
