import { useEffect, useRef } from 'preact/hooks';
import { commands } from '../shared/keyboard';

const kNames: Record<string, string> = { ' ': 'Space', ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc' };

/** The keys that work in the view on screen. */
export function Help(props: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={props.close} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {commands().map((command) => (
          <div key={command.words}>
            <dt>
              {command.keys.map((key) => (
                <kbd key={key}>{kNames[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{command.words}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="button" class="first" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </form>
    </dialog>
  );
}
