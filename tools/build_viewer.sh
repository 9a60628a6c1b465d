#!/usr/bin/env bash
# build_viewer.sh VIEWER DIST: the web viewer's files, made by Vite, into the folder DIST.
set -euo pipefail
viewer=$1 dist=$2
if [[ ! -d $viewer/node_modules/vite ]]; then
  echo "the npm packages of the viewer are missing; ./dev setup installs them" >&2
  exit 1
fi
cd "$viewer"
node_modules/.bin/vite build --logLevel warn --emptyOutDir --outDir "$dist"
