// Api: the questions of docs/query_api.md, asked by the page of the collector that served it.
import type * as Answers from './answers';
import type { HealthAnswer, ProcessControl } from './health_answer';
import type { Parameters } from './router';
import type { Period } from './period';

export type * from './answers';
export type * from './health_answer';

/** `message` is a sentence to be shown as it is. */
export class ApiError extends Error {
  constructor(
    sentence: string,
    /** 0: there was no answer at all. */
    readonly status: number,
    /** Of a query that cannot be understood: where. */
    readonly position?: number,
    readonly length?: number,
  ) {
    super(sentence);
  }
}

const kRoot = new URL('api/v1/', document.baseURI);

async function ask<T>(
  path: string,
  parameters: Parameters,
  signal?: AbortSignal,
  post?: object,
): Promise<T> {
  const url = new URL(path, kRoot);
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, {
      ...(signal && { signal }),
      ...(post && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(post),
      }),
    });
    body = await response.json().catch(() => undefined);
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw new ApiError(
      'The collector does not answer. It may have been stopped: start it again with ' +
        'seamtrace collector, or with seamtrace run.',
      0,
    );
  }
  const fields = (body ?? {}) as { error?: string; position?: number; length?: number };
  if (response.ok && body !== undefined) return body as T;
  throw new ApiError(
    fields.error ?? `The collector answered with HTTP status ${response.status}.`,
    response.status,
    fields.position,
    fields.length,
  );
}

/** As many as the collector gives. */
export const kMostOperations = 10_000;

const over = (period: Period): Parameters => ({ since: period.since, until: period.until });

export const api = {
  traces: (
    period: Period,
    wanted: { query?: string; limit?: number; before?: string; after?: number },
    signal?: AbortSignal,
  ) => ask<Answers.TracesAnswer>('traces', { ...over(period), ...wanted }, signal),

  trace: (id: string, signal?: AbortSignal) =>
    ask<Answers.TraceAnswer>(`trace/${encodeURIComponent(id)}`, {}, signal),

  /** Where OTLP JSON is downloaded from. */
  otlpAddress: (id: string) => new URL(`trace/${encodeURIComponent(id)}/otlp`, kRoot).href,

  typical: (id: string, signal?: AbortSignal) =>
    ask<Answers.TypicalAnswer>(`trace/${encodeURIComponent(id)}/typical`, {}, signal),

  complete: (query: string, position: number, signal?: AbortSignal) =>
    ask<Answers.CompleteAnswer>('complete', { query, position }, signal),

  services: (period: Period, signal?: AbortSignal) =>
    ask<Answers.ServicesAnswer>('services', over(period), signal),

  operations: (
    period: Period,
    wanted: {
      service?: string;
      kind?: string;
      sort?: 'slowest' | 'failing' | 'total' | 'count';
      limit?: number;
    },
    signal?: AbortSignal,
  ) =>
    ask<Answers.OperationsAnswer>(
      'operations',
      { ...over(period), limit: kMostOperations, ...wanted },
      signal,
    ),

  series: (
    period: Period,
    about: Parameters,
    signal?: AbortSignal,
  ) => ask<Answers.SeriesAnswer>('series', { ...over(period), ...about }, signal),

  databases: (period: Period, signal?: AbortSignal) =>
    ask<Answers.DatabasesAnswer>('databases', over(period), signal),

  map: (period: Period, signal?: AbortSignal) =>
    ask<Answers.MapAnswer>('map', over(period), signal),

  compare: (
    period: Period,
    about: Parameters,
    signal?: AbortSignal,
  ) => ask<Answers.CompareAnswer>('compare', { ...over(period), ...about }, signal),

  bottlenecks: (
    period: Period,
    wanted: { service?: string; operation?: string; sample?: number },
    signal?: AbortSignal,
  ) => ask<Answers.BottlenecksAnswer>('bottlenecks', { ...over(period), ...wanted }, signal),

  health: (signal?: AbortSignal) => ask<HealthAnswer>('health', {}, signal),

  setProcess: (pid: number, control: ProcessControl) =>
    ask<{ processes: number }>(`processes/${pid}`, {}, undefined, control),
};
