// The search box: a query with completion; what cannot be understood is marked at its place.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { api, type ApiError, type CompleteAnswer } from '../shared/api';

interface Properties {
  query: string;
  error: ApiError | undefined;
  submit: (query: string) => void;
  input: { current: HTMLInputElement | null };
}

const kDelay = 80;

export function SearchBox({ query, error, submit, input }: Properties) {
  const [text, setText] = useState(query);
  const [offer, setOffer] = useState<CompleteAnswer>();
  const [chosen, setChosen] = useState(-1);
  const wanted = useRef<{ timer: number; stop: AbortController }>(undefined);
  const id = useId();
  const suggestions = offer?.suggestions ?? [];
  const open = suggestions.length > 0;


  const cancel = (): void => {
    clearTimeout(wanted.current?.timer);
    wanted.current?.stop.abort();
  };
  const close = (): void => {
    cancel();
    setOffer(undefined);
    setChosen(-1);
  };
  useEffect(() => {
    setText(query);
    close();
  }, [query]);
  useEffect(() => cancel, []);

  /** Asks what could stand at the cursor. */
  const complete = (): void => {
    cancel();
    const stop = new AbortController();
    const field = input.current!;
    const timer = setTimeout(() => {
      api.complete(field.value, field.selectionStart ?? field.value.length, stop.signal).then(
        (answer) => {
          setChosen(-1);
          setOffer(answer);
        },
        () => setOffer(undefined),
      );
    }, kDelay);
    wanted.current = { timer, stop };
  };

  const accept = (index: number): void => {
    const suggestion = suggestions[index];
    const field = input.current;
    if (!suggestion || !offer || !field) return;
    const next = text.slice(0, offer.from) + suggestion.text + text.slice(offer.to);
    const place = offer.from + suggestion.text.length;
    setText(next);
    field.value = next;
    field.focus();
    field.setSelectionRange(place, place);
    // A key is followed by its value.
    if (/[=<>~]$/.test(suggestion.text)) complete();
    else close();
  };

  const finish = (next: string): void => {
    close();
    submit(next.trim());
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) complete();
      else setChosen((chosen + step + suggestions.length + 1) % (suggestions.length + 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (open && chosen >= 0 && chosen < suggestions.length) accept(chosen);
      else finish(text);
    } else if (event.key === 'Tab' && open && chosen >= 0 && !event.shiftKey) {
      event.preventDefault();
      accept(chosen);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (open) close();
      else input.current?.blur();
    }
  };

  return (
    <div class="search" role="search">
      <input
        ref={input}
        type="text"
        role="combobox"
        class="mono"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        aria-label="Search traces"
        aria-expanded={open}
        aria-controls={open ? `${id}-list` : undefined}
        aria-activedescendant={chosen >= 0 && open ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        aria-invalid={error?.position !== undefined}
        aria-describedby={error?.position !== undefined ? `${id}-error` : undefined}
        placeholder="service=gateway duration>200ms http.response.status_code>=500"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          complete();
        }}
        onClick={complete}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {text && (
        <button type="button" class="plain" aria-label="Clear the search" onClick={() => finish('')}>
          ✕
        </button>
      )}
      {open && (
        <ul id={`${id}-list`} role="listbox" aria-label="Suggestions">
          {suggestions.map((suggestion, index) => (
            <li
              key={suggestion.text}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === chosen}
              // The field must not lose its focus.
              onMouseDown={(event) => (event.preventDefault(), accept(index))}
            >
              <code>{suggestion.text}</code>
              <span>{suggestion.detail}</span>
            </li>
          ))}
        </ul>
      )}
      {error?.position !== undefined && (
        <p id={`${id}-error`} class="syntax" role="alert">
          <Marked text={query} from={error.position} length={error.length ?? 1} />
          {error.message}
        </p>
      )}
    </div>
  );
}

/** The text with a wavy line under a part; where it ends too early, under what is missing. */
function Marked(props: { text: string; from: number; length: number }) {
  const to = props.from + Math.max(1, props.length);
  return (
    <code>
      {props.text.slice(0, props.from)}
      <mark>{props.text.slice(props.from, to) || '\u00a0'}</mark>
      {props.text.slice(to)}
    </code>
  );
}
