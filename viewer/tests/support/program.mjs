// A program that a test starts, and its end.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const kRoot = fileURLToPath(new URL('../../..', import.meta.url));
const kBuild = process.env.SEAMTRACE_BUILD_DIR ?? `${kRoot}build/release`;
export const kSeamtrace = `${kBuild}/bin/seamtrace`;
export const kLibrary = `${kBuild}/lib/libseamtrace.so`;
export const app = (name) => `${kBuild}/apps/${name}`;

/** Whatever the person who runs the tests has set must not reach the programs. */
const kForeign = /^(OTEL_|SEAMTRACE_|LD_PRELOAD|TRACEPARENT|TRACESTATE|BAGGAGE|https?_proxy|all_proxy)/i;

export function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !kForeign.test(name)));
}

export class Program {
  output = '';

  constructor(path, parameters, environment = {}) {
    this.name = `${path} ${parameters.join(' ')}`;
    this.process = spawn(path, parameters, {
      env: { ...cleanEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.process.on('exit', resolve);
      this.process.on('error', (problem) => {
        this.output += String(problem);
        resolve(undefined);
      });
    });
    void this.ended.then(() => (this.over = true));
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on('data', (bytes) => (this.output += bytes));
  }

  get pid() {
    return this.process.pid;
  }

  /** The first group of a pattern in what the program has said. */
  says(pattern) {
    return eventually(() => {
      const found = pattern.exec(this.output);
      if (!found && this.over) throw new Error(`${this.name} ended: ${this.output}`);
      return found?.[1];
    }, `${this.name} to say ${pattern}`, () => this.output);
  }

  async stop(signal = 'SIGTERM') {
    if (!this.over) this.process.kill(signal);
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(patience);
  }
}

/** Asks until the answer is neither undefined, null nor false. */
export async function eventually(ask, what, explain = () => '', seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}. ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
