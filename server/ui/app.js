'use strict';
// The plain page: one query with its result as a table, the alerts, the targets. Reads the HTTP API and nothing else.

const page = location.pathname.split('/').pop() || 'query';
const section = document.getElementById(page) || document.getElementById('query');

async function api(path, parameters = {}) {
  const response = await fetch(`api/v1/${path}?${new URLSearchParams(parameters)}`);
  const answer = await response.json();
  if (answer.status !== 'success') throw new Error(answer.error);
  return answer;
}

function cell(text, name) {
  const td = document.createElement('td');
  td.textContent = text;
  if (name) td.className = name;
  return td;
}

function fill(body, rows) {
  body.replaceChildren(...rows.map((cells) => {
    const tr = document.createElement('tr');
    tr.append(...cells);
    return tr;
  }));
}

function seriesName({__name__: name = '', ...labels}) {
  const inner = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ');
  return inner || !name ? `${name}{${inner}}` : name;
}

function resultRows({resultType, result}) {
  if (resultType === 'scalar' || resultType === 'string') return [[cell(resultType), cell(result[1], 'number')]];
  return result.map((series) => {
    const points = series.values || (series.value ? [series.value] : []);
    const texts = points.map(([time, value]) => (resultType === 'matrix' ? `${value} @${time}` : value));
    return [cell(seriesName(series.metric)), cell(texts.join('\n') || JSON.stringify(series.histogram), 'number')];
  });
}

async function execute(expression) {
  const state = document.getElementById('query-state');
  const body = document.querySelector('#result tbody');
  state.className = '';
  state.textContent = 'Running…';
  const started = performance.now();
  try {
    const {data, warnings = [], infos = []} = await api('query', {query: expression});
    const rows = resultRows(data);
    fill(body, rows);
    const took = Math.round(performance.now() - started);
    state.textContent = [`${rows.length} result${rows.length === 1 ? '' : 's'} in ${took} ms`, ...warnings, ...infos].join(' · ');
  } catch (error) {
    fill(body, []);
    state.className = 'error';
    state.textContent = error.message;
  }
}

function startQuery() {
  const input = document.getElementById('expr');
  const form = document.querySelector('#query form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    history.pushState(null, '', `?${new URLSearchParams({'g0.expr': input.value, 'g0.tab': '1'})}`);
    execute(input.value);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  const show = () => {
    input.value = new URLSearchParams(location.search).get('g0.expr') || '';
    if (input.value) execute(input.value);
  };
  addEventListener('popstate', show);
  show();
  input.focus();
}

const ago = (time) => (Date.parse(time) > 0 ? `${((Date.now() - Date.parse(time)) / 1000).toFixed(1)} s ago` : 'never');

// Shows a list now and every five seconds; a server that does not answer says so and is asked again.
function startList(load) {
  const state = section.querySelector('.state');
  const refresh = async () => {
    try {
      const rows = await load();
      fill(section.querySelector('tbody'), rows);
      state.textContent = rows.length ? '' : 'None.';
      state.className = 'state';
    } catch (error) {
      state.textContent = `The server does not answer: ${error.message}`;
      state.className = 'state error';
    }
    setTimeout(refresh, 5000);
  };
  refresh();
}

async function loadTargets() {
  const {data} = await api('targets', {state: 'active'});
  return data.activeTargets.map((t) => [
    cell(t.scrapePool), cell(t.scrapeUrl), cell(t.health, `health ${t.health}`), cell(ago(t.lastScrape)),
    cell(`${(t.lastScrapeDuration * 1000).toFixed(1)} ms`, 'number'), cell(t.lastError, 'error')]);
}

async function loadAlerts() {
  const {data} = await api('alerts');
  return data.alerts.map((a) => {
    const {alertname, ...labels} = a.labels;
    return [cell(a.state, `alert ${a.state}`), cell(alertname), cell(seriesName(labels)),
      cell(a.annotations.summary || ''), cell(ago(a.activeAt))];
  });
}

section.hidden = false;
document.querySelector(`nav a[href="${section.id}"]`)?.setAttribute('aria-current', 'page');
document.title = `${section.id} · Vigía`;
if (section.id === 'query') startQuery();
if (section.id === 'targets') startList(loadTargets);
if (section.id === 'alerts') startList(loadAlerts);
