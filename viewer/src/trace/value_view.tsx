// Attributes: keys and values, to be searched, copied, and made into a query.
import { useMemo, useState } from 'preact/hooks';
import { bytes } from '../shared/format';
import { condition } from './condition';
import { copy } from './copy';
import { valueText } from './search';
import { short } from './short';
import type { Attributes, Value } from './types';

const kFolded = 200;  // characters
const kUnfolded = 20_000;  // more would make the page slow; copying has all of it
const kMostRows = 200;

export function CopyButton(props: { text: () => string; label: string; words?: string }) {
  const [done, setDone] = useState('');
  return (
    <button
      type="button"
      class={props.words ? undefined : 'plain'}
      title={props.label}
      aria-label={done || props.words ? undefined : props.label}
      onClick={async () => {
        setDone((await copy(props.text())) ? 'Copied' : 'Not allowed');
        setTimeout(() => setDone(''), 1500);
      }}
    >
      <span aria-live="polite">{done || props.words || 'copy'}</span>
    </button>
  );
}

function LongText(props: { text: string }) {
  const [open, setOpen] = useState(false);
  const { text } = props;
  if (text.length <= kFolded) return <span class="value">{text}</span>;
  return (
    <>
      <span class={open ? 'value open' : 'value'} tabIndex={open ? 0 : undefined}>{short(text, open ? kUnfolded : kFolded)}</span>
      <button type="button" class="plain more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'less' : `more (${bytes(text.length)})`}
      </button>
      {open && text.length > kUnfolded && (
        <small>The first {bytes(kUnfolded)} are shown. Copying takes all of it.</small>
      )}
    </>
  );
}

function ValueText({ value }: { value: Value }) {
  const rounded = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return (
    <>
      <LongText text={valueText(value)} />
      {rounded && <small title="The browser rounds numbers of more than 53 bits"> (rounded)</small>}
    </>
  );
}

interface Properties {
  attributes: Attributes | undefined;
  dropped?: number | undefined;
  addCondition?: ((condition: string) => void) | undefined;
  filter?: string;
}

export function AttributeList({ attributes, dropped, addCondition, filter }: Properties) {
  const [all, setAll] = useState(false);
  const entries = useMemo(() => {
    const wanted = (filter ?? '').trim().toLowerCase();
    return Object.entries(attributes ?? {})
      .filter(([key, value]) =>
        !wanted || key.toLowerCase().includes(wanted) ||
          valueText(value).toLowerCase().includes(wanted))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }, [attributes, filter]);
  const shown = all ? entries : entries.slice(0, kMostRows);
  return (
    <>
      {entries.length > 0 && (
        <dl class="attributes">
          {shown.map(([key, value]) => {
            const word = addCondition && condition(key, value);
            return (
              <div key={key}>
                <dt>{short(key, 200)}</dt>
                <dd>
                  <ValueText value={value} />
                  <span class="value-actions">
                    {word && (
                      <button
                        type="button"
                        class="plain"
                        title={`Find traces with ${word}`}
                        aria-label={`Find traces with ${word}`}
                        onClick={() => addCondition(word)}
                      >
                        find
                      </button>
                    )}
                    <CopyButton label={`Copy ${short(key, 200)}`} text={() => valueText(value)} />
                  </span>
                </dd>
              </div>
            );
          })}
        </dl>
      )}
      {shown.length < entries.length && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          {entries.length - shown.length} more
        </button>
      )}
      {!!dropped && <p class="note">{dropped} more were dropped where the span was made.</p>}
    </>
  );
}
