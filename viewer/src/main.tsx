import './styles/base.css';
import './styles/controls.css';
import './styles/table.css';
import './styles/chart.css';
import './styles/shell.css';
import { render } from 'preact';
import { Shell } from './shell/shell';

render(<Shell />, document.body);
