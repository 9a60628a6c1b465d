// Table: rows that can be sorted by every column, by mouse and keyboard; the order is in the
// address.
import type { ComponentChildren } from 'preact';
import { count } from './format';
import { parameter, setParameters } from './router';

export interface Column<Row> {
  id: string;
  title: string;
  /** What the title means, on hover. */
  help?: string;
  /** What the column is sorted by. None: it cannot be sorted by. */
  value?: (row: Row) => number | string | null | undefined;
  /** What is shown; default: the value. */
  cell?: (row: Row) => ComponentChildren;
  /** Numbers stand on the right. */
  number?: boolean;
  /** Left out of narrow windows. */
  wide?: boolean;
}

interface Properties<Row> {
  /** For screen readers. */
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  /** Column to begin with; `-count` is descending. */
  sort: string;
  /** Name of the parameter that the order is kept in. */
  sortParameter?: string;
  selected?: string | undefined;
  /** Rows that stand after all others, whatever the order. */
  last?: (row: Row) => boolean;
}

const kMost = 500;

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b));
}

export function Table<Row>(props: Properties<Row>) {
  const name = props.sortParameter ?? 'sort';
  const sort = parameter(name, props.sort);
  const descending = sort.startsWith('-');
  const id = sort.replace(/^-/, '');
  const value = props.columns.find((column) => column.id === id)?.value;
  const rows = value
    ? [...props.rows].sort(
        (a, b) =>
          Number(props.last?.(a) ?? 0) - Number(props.last?.(b) ?? 0) ||
          (descending ? -1 : 1) * compare(value(a), value(b)),
      )
    : props.rows;
  const choose = (column: Column<Row>): void => {
    const next = id === column.id ? !descending : column.number === true;
    const text = (next ? '-' : '') + column.id;
    setParameters({ [name]: text === props.sort ? undefined : text }, true);
  };
  return (
    <div class="table" role="region" aria-label={props.caption} tabIndex={0}>
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                class={className(column)}
                aria-sort={
                  column.id !== id || !value ? undefined : descending ? 'descending' : 'ascending'
                }
              >
                {column.value ? (
                  <button type="button" title={column.help} onClick={() => choose(column)}>
                    {column.title}
                  </button>
                ) : (
                  <span title={column.help}>{column.title}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, kMost).map((row) => {
            const key = props.keyOf(row);
            return (
              <tr key={key} class={key === props.selected ? 'selected' : undefined}>
                {props.columns.map((column) => (
                  <td key={column.id} class={className(column)}>
                    {column.cell ? column.cell(row) : column.value?.(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length > kMost && (
        <p class="faint">
          {kMost} of {count(rows.length)}, the first in this order.
        </p>
      )}
    </div>
  );
}

function className<Row>(column: Column<Row>): string | undefined {
  return (column.number ? 'number ' : '') + (column.wide ? 'wide' : '') || undefined;
}
