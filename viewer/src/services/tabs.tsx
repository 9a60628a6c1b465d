import { link } from '../shared/router';

/** The parts of the services' section. */
export function Tabs({ current }: { current: 'services' | 'databases' }) {
  const tab = (id: typeof current, title: string) => (
    <a
      href={link(['services'], id === 'services' ? {} : { tab: id })}
      aria-current={id === current ? 'page' : undefined}
    >
      {title}
    </a>
  );
  return (
    <nav class="tabs" aria-label="Services">
      {tab('services', 'Services')}
      {tab('databases', 'Databases and caches')}
    </nav>
  );
}
