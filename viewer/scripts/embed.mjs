// Turns the built viewer into a C++ file: `node embed.mjs DIST OUTPUT`. Every file of DIST is
// compressed, for browsers that take brotli and for all others, and becomes an Asset of
// collector/web/asset.h.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { argv, exit } from 'node:process';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, output] = argv.slice(2);
const paths = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();
if (!paths.includes(join(dist, 'index.html'))) fail(`${dist} has no index.html`);

function fail(problem) {
  console.error(`embed: ${problem}`);
  exit(1);
}

const arrays = [];
/** The C++ name of a new array of these bytes, as a string_view. */
function array(bytes) {
  const name = `kFile${arrays.length}`;
  arrays.push(`constexpr unsigned char ${name}[] = {${[...bytes].join()}};\n`);
  return `{reinterpret_cast<const char*>(${name}), sizeof(${name})}`;
}

const rows = paths.map((path) => {
  const type = kTypes[extname(path)];
  if (!type) fail(`no content type is known for ${path}; add it to kTypes`);
  const bytes = readFileSync(path);
  // Neither has a date in it: equal files make equal programs.
  const gzip = array(gzipSync(bytes, { level: 9 }));
  const brotli = array(brotliCompressSync(bytes));
  return `    {"/${relative(dist, path)}", "${type}",\n     ${gzip},\n     ${brotli}},\n`;
});

writeFileSync(
  output,
  `// Made by viewer/scripts/embed.mjs.
#include "collector/web/asset.h"

namespace seamtrace::collector {
namespace {
${arrays.join('')}}  // namespace

std::span<const Asset> viewer_assets() {
  static const Asset kAssets[] = {
${rows.join('')}  };
  return kAssets;
}

}  // namespace seamtrace::collector
`,
);
