// SearchBox: text to be found in the trace, and the way from match to match.
import type { RefObject } from 'preact';
import { count } from '../shared/format';
import type { SpanNode } from './model';

interface Properties {
  text: string;
  input: RefObject<HTMLInputElement | null>;
  found: SpanNode[];
  selected: SpanNode | null;
  change: (text: string) => void;
  go: (step: 1 | -1) => void;
}

export function SearchBox({ text, input, found, selected, change, go }: Properties) {
  const place = selected ? found.indexOf(selected) : -1;
  const words = place >= 0 ? `${count(place + 1)} of ${count(found.length)}` :
    found.length === 0 ? 'none' : `${count(found.length)} found`;
  return (
    <span class="trace-search" role="search">
      <input
        ref={input}
        type="search"
        placeholder="Search in this trace ( / )"
        aria-label="Search in this trace"
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') {
            change('');
            event.currentTarget.blur();
          }
        }}
      />
      {text.trim() && (
        <>
          <span class="faint" role="status">{words}</span>
          <button type="button" title="Match before (N)" aria-label="Match before" onClick={() => go(-1)}>↑</button>
          <button type="button" title="Next match (n)" aria-label="Next match" onClick={() => go(1)}>↓</button>
        </>
      )}
    </span>
  );
}
