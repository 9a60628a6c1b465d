// Prints what each file of dist costs compressed; fails when the sum is above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const kBudget = 80_000;
const folder = new URL('../dist/', import.meta.url).pathname;
let sum = 0;
let brotli = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const size = gzipSync(bytes, { level: 9 }).length;
  brotli += brotliCompressSync(bytes).length;
  sum += size;
  console.log(`${String(size).padStart(7)}  ${relative(folder, path)}`);
}
console.log(`${String(sum).padStart(7)}  bytes by gzip -9 in all, of ${kBudget} (${brotli} by brotli)`);
if (sum > kBudget) {
  console.error('The viewer is larger than its budget.');
  process.exit(1);
}
