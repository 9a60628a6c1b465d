// Keyboard: one-key commands of the view on screen, and the list of them for the help.
import { signal } from './signal';
import { useEffect, useRef } from 'preact/hooks';

export interface Command {
  /** As in KeyboardEvent.key. */
  keys: string[];
  /** For the help: `next trace`. */
  words: string;
  run: (event: KeyboardEvent) => void;
  /** Also while somebody types into a field. */
  whileTyping?: boolean;
}

const sets = signal<Command[][]>([]);

/** All commands that work now, for the help. */
export const commands = (): Command[] => sets.value.flat();

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  // A dialog has the keyboard to itself.
  if (document.querySelector('dialog[open]')) return;
  const inField = typing(event.target);
  // The view's own commands go before the shell's.
  for (const set of [...sets.peek()].reverse())
    for (const command of set)
      if (command.keys.includes(event.key) && (!inField || command.whileTyping)) {
        // Enter and space on a button or a link are that element's own.
        if (
          (event.key === 'Enter' || event.key === ' ') &&
          event.target instanceof Element &&
          event.target.closest('a, button, summary, [role=option]')
        )
          return;
        event.preventDefault();
        command.run(event);
        return;
      }
});

/** The commands work as long as the component is there. */
export function useKeys(list: Command[]): void {
  const latest = useRef(list);
  latest.current = list;
  useEffect(() => {
    const set = list.map((command, index) => ({
      ...command,
      run: (event: KeyboardEvent) => latest.current[index]?.run(event),
    }));
    sets.value = [...sets.peek(), set];
    return () => {
      sets.value = sets.peek().filter((other) => other !== set);
    };
  }, []);
}
