// Small marks that all views share.
import { exactTime, time } from './format';
import { serviceColour } from './colours';

/** A service's name with its colour. */
export function ServiceName(props: { name: string }) {
  return (
    <span class="service">
      <i style={{ background: serviceColour(props.name) }} />
      {props.name || '(no name)'}
    </span>
  );
}

/** Local time; the exact value on hover. */
export function Time(props: { us: number; unix_ns?: string; milliseconds?: boolean }) {
  return (
    <time
      dateTime={new Date(props.us / 1000).toISOString()}
      title={exactTime(props.us, props.unix_ns)}
    >
      {time(props.us, props.milliseconds)}
    </time>
  );
}

export function ErrorMark(props: { words?: string }) {
  return <span class="error-mark">{props.words ?? 'error'}</span>;
}
