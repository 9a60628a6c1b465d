import { useState } from 'preact/hooks';
import { time } from '../shared/format';
import { kDefaultPeriod, kPeriods, period, resolve, setPeriod } from '../shared/period';

const kOwn = 'own';
const kOther = 'other';

/** A value for an input of type datetime-local, which leaves out parts of a second. */
function local(us: number): string {
  const date = new Date(us / 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

/** The range of time that all views show. */
export function PeriodPicker() {
  const [editing, setEditing] = useState<boolean | string>(false);  // a text: what is wrong
  const { since, until } = period.value;
  const listed = until === undefined && kPeriods.some(([age]) => age === since);
  const [from, to] = resolve(period.value);
  const choose = (value: string): void => {
    setEditing(value === kOther);
    if (value !== kOther && value !== kOwn)
      setPeriod(value === kDefaultPeriod ? '' : value);
  };
  return (
    <div class="period">
      <select
        aria-label="Period"
        value={editing ? kOther : listed ? since : kOwn}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {!listed && (
          <option value={kOwn}>
            {until === undefined ? `Last ${since}` : `${time(from, false)} – ${time(to, false)}`}
          </option>
        )}
        {kPeriods.map(([age, words]) => (
          <option key={age} value={age}>
            {words}
          </option>
        ))}
        <option value={kOther}>From … to …</option>
      </select>
      {editing && (
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            const fields = new FormData(event.currentTarget);
            const at = (name: string): number =>
              new Date(String(fields.get(name))).getTime() * 1000;
            if (!(at('from') < at('to'))) return setEditing('From must be before To.');
            setPeriod(at('from'), at('to'));
            setEditing(false);
          }}
        >
          <label>
            From <input type="datetime-local" step="1" name="from" required defaultValue={local(from)} />
          </label>
          <label>
            To <input type="datetime-local" step="1" name="to" required defaultValue={local(Math.ceil(to / 1e6) * 1e6)} />
          </label>
          {editing !== true && <p role="alert">{editing}</p>}
          <button type="submit" class="first">
            Show
          </button>
          <button type="button" onClick={() => setEditing(false)}>
            Cancel
          </button>
        </form>
      )}
    </div>
  );
}
