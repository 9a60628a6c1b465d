import { dark, theme } from '../shared/theme';

/** Dark or light; the system's choice until it is pressed. */
export function ThemeSwitch() {
  const next = dark.value ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="theme"
      aria-label={`Switch to ${next} colours`}
      title={`Switch to ${next} colours`}
      onClick={() => (theme.value = next)}
    >
      <span aria-hidden="true">{dark.value ? '☀' : '☾'}</span>
    </button>
  );
}
