// The demo's services, really traced: nginx in front of two C++ services, and one with PostgreSQL and
// Redis behind it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, eventually, kLibrary, Program } from './support/program.mjs';
import { get } from './support/world.mjs';

const kRoot = fileURLToPath(new URL('../..', import.meta.url));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function startStores() {
  const process = spawn(
    '/usr/bin/python3',
    [`${kRoot}viewer/tests/services_stores.py`, `${kRoot}tests/whole_program`],
    { env: cleanEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let said = '';
  let over = false;
  process.stdout.on('data', (bytes) => (said += bytes));
  const ended = new Promise((resolve) => process.on('exit', resolve));
  void ended.then(() => (over = true));
  await eventually(
    () => {
      if (over) throw new Error('the data stores ended');
      return said.includes('\n');
    },
    'PostgreSQL and Redis',
    () => said,
    60,
  );
  return {
    ...JSON.parse(said),
    async close() {
      process.stdin.end();
      await ended;
    },
  };
}

async function startNginx(world, shop) {
  const folder = join(world.folder, 'nginx');
  mkdirSync(folder);
  const port = await freePort();
  const words = { FOLDER: folder, SHOP_PORT: shop.port, NGINX_PORT: port };
  const file = join(folder, 'nginx.conf');
  const form = readFileSync(`${kRoot}examples/demo/nginx.conf.in`, 'utf8');
  writeFileSync(
    file,
    form.replace(/@(FOLDER|SHOP_PORT|NGINX_PORT)@/g, (_, word) => words[word]),
  );
  const nginx = new Program('/usr/sbin/nginx', ['-p', folder, '-c', file, '-e', `${folder}/log`], {
    LD_PRELOAD: kLibrary,
    SEAMTRACE_DIR: world.base,
    OTEL_SERVICE_NAME: 'gateway',
  });
  nginx.port = port;
  world.programs.push(nginx);
  await eventually(() => {
    if (nginx.over) throw new Error(`nginx ended: ${nginx.output}`);
    return get(nginx, '/').catch(() => false);
  }, 'nginx');
  return nginx;
}

/** {gateway, shop, stock, orders}, servers to be sent requests; stores are to be closed at the end. */
export async function startShop(world) {
  const stores = await startStores();
  const stock = await world.serve('stock', 'beast_server');
  const shop = await world.serve('shop', 'httplib_server', ['--upstream', stock.url]);
  const orders = await world.serve('orders', 'database_service', [
    '--postgresql',
    stores.postgresql,
    '--redis',
    stores.redis,
    '--upstream',
    stock.port,
  ]);
  return { stores, stock, shop, orders, gateway: await startNginx(world, shop) };
}

/** Some requests to each; three of ten lookups in the cache find nothing. */
export async function visit({ gateway, shop, orders }, turns = 20) {
  for (let turn = 0; turn < turns; ++turn) {
    await get(gateway, '/chain/cart');
    await get(orders, `/${turn % 2 ? 'order' : 'data'}/${turn % 10}`);
    if (turn % 5 === 0) await get(shop, '/status/503');
  }
}
