// Prints what each file of dist costs compressed; fails when the sum is above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const kBudget = 80_000;
const folder = new URL('../dist/', import.meta.url).pathname;
let sum = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  sum += size;
  console.log(`${String(size).padStart(7)}  ${relative(folder, path)}`);
}
console.log(`${String(sum).padStart(7)}  bytes compressed in all, of ${kBudget}`);
if (sum > kBudget) {
  console.error('The viewer is larger than its budget.');
  process.exit(1);
}
