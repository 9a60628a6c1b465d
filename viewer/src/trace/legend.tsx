// Legend: the services of a trace, and how much of its time each was at work.
import { duration, percent, plural } from '../shared/format';
import { serviceColour } from '../shared/colours';
import { useState } from 'preact/hooks';
import type { Model } from './model';
import { short } from './short';

const kMost = 12;

interface Properties {
  model: Model;
  highlighted: string | null;
  highlight: (service: string | null) => void;
}

export function Legend({ model, highlighted, highlight }: Properties) {
  const [all, setAll] = useState(false);
  const shown = all ? model.services : model.services.slice(0, kMost);
  return (
    <div class="trace-legend" role="group" aria-label="Services, by share of the time; press one to make it stand out">
      {shown.map(({ name, spans, errors, share }) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === highlighted}
          title={`${short(name, 300)}: ${plural(spans, 'span')}, ${plural(errors, 'error')}, at work for ${duration(share)} of ${duration(model.covered)}; time in which several work at once is divided`}
          onClick={() => highlight(name === highlighted ? null : name)}
        >
          <i class="swatch" style={{ background: serviceColour(name) }} />
          <span class="name">{short(name, 60)}</span>
          <b>{percent(share / Math.max(model.covered, 1))}</b>
          {errors > 0 && <b class="wrong">{errors}!</b>}
        </button>
      ))}
      {shown.length < model.services.length && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          {model.services.length - shown.length} more
        </button>
      )}
    </div>
  );
}

/** What the marks of the waterfall mean. */
export function Marks() {
  return (
    <p class="trace-marks">
      <span><i class="mark own" />own work</span>
      <span><i class="mark in-children" />children open</span>
      <span><i class="mark waiting" />waiting for another service</span>
      <span><i class="mark critical" />critical path</span>
      <span><i class="mark event">◆</i>event</span>
      <span><b class="wrong">!</b>error</span>
    </p>
  );
}
