import {render} from 'preact';
import {App} from './app';
import {startHeartbeat} from './api/connection';
import {startTheme} from './theme';
import 'uplot/dist/uPlot.min.css';
import './style/tokens.css';
import './style/shell.css';
import './style/parts.css';
import './style/query.css';
import './style/pages.css';

startTheme();
startHeartbeat();
const root = document.getElementById('app');
if (root) render(<App />, root);
