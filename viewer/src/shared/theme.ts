// Theme: dark or light, as the system says until somebody chooses.
import { computed, effect, signal } from './signal';

export type Theme = 'system' | 'light' | 'dark';
const kKey = 'seamtrace.theme';

/** Storage may be forbidden: then the choice lasts as long as the page. */
function stored(): Theme {
  try {
    const value = localStorage.getItem(kKey);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

const query = matchMedia('(prefers-color-scheme: dark)');
const system = signal(query.matches);
query.addEventListener('change', () => (system.value = query.matches));

export const theme = signal<Theme>(stored());
/** What is on screen now. */
export const dark = computed(() =>
  theme.value === 'system' ? system.value : theme.value === 'dark',
);

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  try {
    localStorage.setItem(kKey, theme.value);
  } catch {
    // See stored().
  }
});
