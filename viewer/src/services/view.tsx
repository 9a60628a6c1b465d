// Services: how they do, what they call, and which statements are sent to databases and caches.
import './services.css';
import { parameter } from '../shared/router';
import { DatabaseList } from './database_list';
import { ServiceList } from './service_list';

export { ServiceView } from './service';

export function ServicesView() {
  return parameter('tab') === 'databases' ? <DatabaseList /> : <ServiceList />;
}
