// Detail: everything about one span.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { duration, percent, plural } from '../shared/format';
import { ErrorMark, ServiceName, Time } from '../shared/marks';
import { link } from '../shared/router';
import { quoted } from '../traces/query_words';
import { criticalWords, exactNs, faultWords, momentOf, parentWords, timeParts } from './explain';
import type { Model, SpanNode } from './model';
import { short } from './short';
import { titleOf } from './title';
import { AttributeList, CopyButton } from './value_view';

const kMostListed = 100;

interface Properties {
  model: Model;
  node: SpanNode;
  select: (node: SpanNode) => void;
  zoom: (node: SpanNode) => void;
  close: () => void;
  stored: boolean;  // false: of a file, which no query finds
}

function Fact(props: { name: string; children: ComponentChildren }) {
  return <div><dt>{props.name}</dt><dd>{props.children}</dd></div>;
}

function TimeParts({ node }: { node: SpanNode }) {
  const whole = Math.max(node.end - node.start, 1);
  return (
    <ul class="parts">
      {timeParts(node).map(({ what, ns, words }) => (
        <li key={what} title={exactNs(ns)}>
          <span><b>{duration(ns)}</b> {what} <small>{percent(ns / whole)}</small></span>
          <i class="part-bar"><i style={{ width: `${(ns / whole) * 100}%` }} /></i>
          <small>{words}</small>
        </li>
      ))}
    </ul>
  );
}

function Events({ node, model, filter }: { node: SpanNode; model: Model; filter: string }) {
  const events = node.span.events ?? [];
  const whole = Math.max(node.end - node.start, 1);
  return (
    <ol class="events">
      {events.slice(0, kMostListed).map((event, index) => {
        const offset = event.time_ns - node.start;
        const place = Math.max(0, Math.min(1, offset / whole));
        const { us, unix_ns } = momentOf(model, event.time_ns);
        return (
          <li key={index}>
            <i class="event-line" aria-hidden="true"><i style={{ left: `${place * 100}%` }} /></i>
            <b>{short(event.name, 300) || '(no name)'}</b>{' '}
            <span title={`${exactNs(offset)} after the span began`}>+{duration(offset)}</span>{' '}
            <small><Time us={us} unix_ns={unix_ns} /></small>
            <AttributeList attributes={event.attributes} filter={filter} />
          </li>
        );
      })}
    </ol>
  );
}

function Links({ node }: { node: SpanNode }) {
  return (
    <ul class="links">
      {(node.span.links ?? []).slice(0, kMostListed).map((entry, index) => (
        <li key={index}>
          <a href={link(['trace', entry.trace_id], { span: entry.span_id })}>
            Trace {entry.trace_id.slice(0, 8)}…, span {entry.span_id}
          </a>
          <AttributeList attributes={entry.attributes} />
        </li>
      ))}
    </ul>
  );
}

function Query({ words, remove }: { words: string[]; remove: (word: string) => void }) {
  return (
    <div class="span-query">
      {words.map((word) => (
        <button type="button" key={word} title="Leave this condition out" onClick={() => remove(word)}>
          <code>{word}</code> ×
        </button>
      ))}
      <a class="button" href={link(['traces'], { query: words.join(' ') })}>Find such traces</a>
    </div>
  );
}

export function Detail(props: Properties) {
  const { model, node, select } = props;
  const { span, parent } = node;
  const [filter, setFilter] = useState('');
  const [words, setWords] = useState<string[]>([]);
  const start = momentOf(model, node.start);
  const add = (word: string) => {
    const base = words.length === 0 && span.service ? [`service=${quoted(span.service)}`] : words;
    setWords([...base.filter((other) => other !== word), word]);
  };
  const addCondition = props.stored ? add : undefined;
  const listed = (count: number) => count > kMostListed ? `, the first ${kMostListed} are shown` : '';
  const critical = criticalWords(node, model);
  return (
    <aside class="span-detail" aria-label="Span">
      <header>
        <h2>{short(titleOf(span), 500) || '(no name)'}</h2>
        <button type="button" class="plain close" aria-label="Close" title="Close (Esc)" onClick={props.close}>×</button>
      </header>
      <p>
        <ServiceName name={short(span.service, 200)} /> <span class="kind">{span.kind}</span>{' '}
        {span.status === 'error' && <ErrorMark />}
      </p>
      {span.status_message && <p class="status-message">{short(span.status_message, 2000)}</p>}
      {node.faults.map((fault) => <p key={fault} class="odd-words">{faultWords(fault, node)}</p>)}
      <div class="detail-actions">
        {parent && <button type="button" onClick={() => select(parent)}>Parent</button>}
        {node.children.length > 0 && (
          <button type="button" onClick={() => select(node.children[0]!)}>First child</button>
        )}
        <button type="button" onClick={() => props.zoom(node)}>Zoom</button>
        <CopyButton words="Copy JSON" label="Copy this span as JSON" text={() => JSON.stringify(span, null, 2)} />
      </div>
      {words.length > 0 && (
        <Query words={words} remove={(word) => setWords(words.filter((other) => other !== word))} />
      )}
      <h3>Time</h3>
      <dl class="facts">
        <Fact name="Duration"><span title={exactNs(node.end - node.start)}>{duration(node.end - node.start)}</span></Fact>
        <Fact name="Begins">
          <span title={`${exactNs(node.start)} after the trace began`}>+{duration(node.start)}</span>{' '}
          at <Time us={start.us} unix_ns={start.unix_ns} />
        </Fact>
      </dl>
      <TimeParts node={node} />
      {critical && <p>{critical}</p>}
      <h3>How the parent was found</h3>
      <p>{parentWords(node)}</p>
      <h3>
        Attributes
        <input
          type="search"
          aria-label="Search the attributes"
          placeholder="Search"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </h3>
      <AttributeList attributes={span.attributes} dropped={span.dropped_attributes} filter={filter} addCondition={addCondition} />
      {!Object.keys(span.attributes ?? {}).length && <p class="note">None.</p>}
      {!!span.events?.length && (
        <>
          <h3>{plural(span.events.length, 'event')}{listed(span.events.length)}</h3>
          <Events node={node} model={model} filter={filter} />
        </>
      )}
      {!!span.dropped_events && <p class="note">{plural(span.dropped_events, 'event')} dropped.</p>}
      {!!span.links?.length && (
        <>
          <h3>{plural(span.links.length, 'link')}{listed(span.links.length)}</h3>
          <Links node={node} />
        </>
      )}
      {!!span.dropped_links && <p class="note">{plural(span.dropped_links, 'link')} dropped.</p>}
      <h3>Identity</h3>
      <dl class="facts">
        <Fact name="Span"><code>{span.span_id}</code></Fact>
        <Fact name="Parent"><code>{span.parent_span_id ?? 'none'}</code></Fact>
        {span.peer && <Fact name="Other end">{short([span.peer.kind, span.peer.name].join(' '), 300)}</Fact>}
        {span.scope && <Fact name="Scope">{short(span.scope, 300)}</Fact>}
        {span.trace_state && <Fact name="Trace state">{short(span.trace_state, 600)}</Fact>}
        <Fact name="Children">{node.children.length}{node.below > node.children.length && ` (${plural(node.below, 'span')} below)`}</Fact>
      </dl>
      <h3>Resource</h3>
      <AttributeList attributes={model.trace.resources[span.resource]} filter={filter} addCondition={addCondition} />
    </aside>
  );
}
