// What stands where there is nothing to show: what to do next.
import type { ComponentChildren } from 'preact';
import type { ApiError } from './api';

export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** A command to be typed into a terminal. */
export function CommandLine(props: { text: string }) {
  return (
    <pre class="command" tabIndex={0}>
      <code>{props.text}</code>
    </pre>
  );
}

export function Failure(props: { error: ApiError; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{props.error.message}</p>
      {props.again && (
        <button type="button" onClick={props.again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Shows itself only when waiting takes long. */
export function Loading(props: { what?: string }) {
  return (
    <p class="loading" role="status">
      {props.what ?? 'Loading'}…
    </p>
  );
}
