// `node check_size.mjs [DIST]`: what each file of the built viewer costs compressed; fails when
// the sum is above the budget. Browsers on this machine's own address take brotli.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { argv, exit } from 'node:process';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const kBudget = 80_000;
const folder = argv[2] ?? new URL('../dist/', import.meta.url).pathname;
const sum = { brotli: 0, gzip: 0 };
const line = (brotli, gzip, words) =>
  console.log(`${String(brotli).padStart(7)}  ${String(gzip).padStart(7)}  ${words}`);
line('brotli', 'gzip', 'bytes');
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes).length;
  const gzip = gzipSync(bytes, { level: 9 }).length;
  sum.brotli += brotli;
  sum.gzip += gzip;
  line(brotli, gzip, relative(folder, path));
}
line(sum.brotli, sum.gzip, `in all; ${kBudget} by brotli are allowed`);
if (sum.brotli > kBudget) {
  console.error('The viewer is larger than its budget.');
  exit(1);
}
