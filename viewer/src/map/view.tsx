// Map: who calls whom, with databases, caches, queues and hosts of others; as a drawing or as tables.
import '../services/services.css';
import './map.css';
import { useEffect, useState } from 'preact/hooks';
import { api, type MapAnswer } from '../shared/api';
import { CommandLine, Empty, Failure, Loading } from '../shared/empty';
import { plural } from '../shared/format';
import { period } from '../shared/period';
import { parameter, setParameters } from '../shared/router';
import { useAnswer } from '../shared/use_answer';
import { kRefreshSeconds } from '../services/refresh';
import { Details } from './details';
import { Drawing } from './drawing';
import { Tables } from './tables';

const narrow = matchMedia('(max-width: 700px)');

function useNarrow(): boolean {
  const [is, setIs] = useState(narrow.matches);
  useEffect(() => {
    const follow = (): void => setIs(narrow.matches);
    narrow.addEventListener('change', follow);
    return () => narrow.removeEventListener('change', follow);
  }, []);
  return is;
}

/** A service may be chosen by its name alone, as other views do. */
const selectedIn = (map: MapAnswer, chosen: string): string =>
  map.nodes.find((node) => node.kind === 'service' && node.name === chosen)?.id ?? chosen;

export function MapView() {
  const chosen = period.value;
  const { answer, error, again } = useAnswer(
    (signal) => api.map(chosen, signal),
    [chosen],
    chosen.live ? kRefreshSeconds : 0,
  );
  const shape = parameter('as', useNarrow() ? 'table' : 'drawing');
  const select = (selected: string): void =>
    setParameters({ selected: selected || undefined }, true);
  return (
    <div class="services map">
      {error && <Failure error={error} again={again} />}
      {!answer && !error && <Loading what="Drawing the map" />}
      {answer && answer.nodes.length === 0 && (
        <Empty title="Nobody has called anybody in this period">
          <p>
            The map draws itself from the calls that traced programs make and answer. Choose a
            longer period above, or start a program and send it a request:
          </p>
          <CommandLine text="seamtrace run -- ./server" />
        </Empty>
      )}
      {answer && answer.nodes.length > 0 && (
        <>
          <div class="row">
            <p class="hint grow">
              {plural(answer.nodes.length, 'node')}, {plural(answer.edges.length, 'connection')}
            </p>
            {['drawing', 'table'].map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={shape === each}
                onClick={() => setParameters({ as: each }, true)}
              >
                {each === 'table' ? 'Table' : 'Drawing'}
              </button>
            ))}
          </div>
          {shape === 'table' ? <Tables map={answer} /> : <Chosen map={answer} select={select} />}
        </>
      )}
    </div>
  );
}

function Chosen({ map, select }: { map: MapAnswer; select: (key: string) => void }) {
  const selected = selectedIn(map, parameter('selected'));
  return (
    <div class="map-halves">
      <Drawing map={map} selected={selected} select={select} />
      <Details map={map} selected={selected} select={select} />
    </div>
  );
}
