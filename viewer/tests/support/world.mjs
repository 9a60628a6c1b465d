// A collector of its own with a store, a page and a receiver, and traced servers around it.
import { chmodSync, accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, eventually, kLibrary, kSeamtrace, Program } from './program.mjs';

function sharedMemory() {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

export class World {
  programs = [];

  /** Started: `url` is the page's address, `receiver` where OTLP over HTTP is taken. */
  static async start(environment = {}) {
    const world = new World();
    world.base = mkdtempSync(join(sharedMemory(), 'seamtrace-test-'));
    chmodSync(world.base, 0o1777);
    world.folder = mkdtempSync(join(tmpdir(), 'seamtrace-viewer-'));
    world.store = join(world.folder, 'traces.db');
    world.environment = {
      SEAMTRACE_DIR: world.base,
      SEAMTRACE_STORE: world.store,
      SEAMTRACE_VIEWER: '127.0.0.1:0',
      SEAMTRACE_RECEIVE_HTTP: '127.0.0.1:0',
      OTEL_TRACES_EXPORTER: 'store',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      ...environment,
    };
    try {
      await world.startCollector();
    } catch (problem) {
      await world.close();
      throw problem;
    }
    return world;
  }

  async startCollector() {
    const program = new Program(kSeamtrace, ['collector'], this.environment);
    this.programs.push(program);
    this.collector = program;
    this.url = (await program.says(/look at the traces at (\S+)/)).replace(/\/$/, '');
    if (this.environment.SEAMTRACE_RECEIVE_HTTP) {
      const where = await program.says(/OTLP over HTTP is received at (\S+)/);
      this.receiver = where.includes('://') ? where.replace(/\/$/, '') : `http://${where}`;
    }
  }

  /** A server of tests/apps under the agent; the answer has its `port`. */
  async serve(service, program = 'httplib_server', parameters = [], environment = {}) {
    const server = new Program(app(program), ['--port', '0', ...parameters], {
      LD_PRELOAD: kLibrary,
      SEAMTRACE_DIR: this.base,
      OTEL_SERVICE_NAME: service,
      ...environment,
    });
    this.programs.push(server);
    server.port = Number(await server.says(/listening on (\d+)/));
    server.url = `http://127.0.0.1:${server.port}`;
    return server;
  }

  /** A question of docs/query_api.md. */
  async ask(question, parameters = {}) {
    const response = await fetch(
      `${this.url}/api/v1/${question}?${new URLSearchParams(parameters)}`,
    );
    const answer = await response.json();
    if (!response.ok) throw new Error(`${question}: ${response.status} ${answer.error}`);
    return answer;
  }

  /** Traces that match, once there are `count`. */
  traces(count, query = '', parameters = {}) {
    return eventually(
      async () => {
        const { traces } = await this.ask('traces', { query, limit: 2000, ...parameters });
        return traces.length >= count && traces;
      },
      `${count} traces of ${query || 'any kind'}`,
      () => this.collector.output,
    );
  }

  /** Sends spans as OTLP; see otlp.mjs. They are in the store when it returns. */
  async send(body, headers = { 'content-type': 'application/json' }) {
    const response = await fetch(`${this.receiver}/v1/traces`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  async close() {
    for (const program of this.programs.reverse()) await program.stop();
    for (const folder of [this.base, this.folder]) rmSync(folder, { recursive: true, force: true });
  }
}

/** One request, its target sent as it is; the status. `path` may be no valid URL. */
export function get(server, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path, headers, agent: false },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      },
    );
    request.on('error', reject);
    request.end();
  });
}
