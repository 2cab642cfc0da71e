// Serves the pages from the sources, rebuilt at every request, with the API of a running server behind them:
//   node dev.mjs [http://localhost:9090] [port]
import http from 'node:http';
import {readFileSync} from 'node:fs';
import {context} from 'esbuild';
import {bundling, pageFrom} from './build.mjs';

const backend = new URL(process.argv[2] ?? 'http://localhost:9090');
const port = Number(process.argv[3] ?? 5173);
const pages = /^\/(query|alerts|rules|targets|service-discovery|status|tsdb-status|flags|config|alertmanager-discovery|queries|agent)$/;
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

const bundler = await context({...bundling, outdir: 'dist', write: false, sourcemap: 'inline'});
let files = new Map();

function send(response, type, body) {
  response.writeHead(200, {'content-type': type, 'cache-control': 'no-store', 'content-security-policy': policy});
  response.end(body);
}

async function page(response) {
  const result = await bundler.rebuild();
  files = new Map(result.outputFiles.map((file) => [file.path.split('/').pop(), file.contents]));
  send(response, 'text/html; charset=utf-8', pageFrom({script: 'main.js', style: 'main.css'}));
}

function forward(request, response) {
  const upstream = http.request(
    {host: backend.hostname, port: backend.port, path: request.url, method: request.method, headers: request.headers},
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
  upstream.on('error', (error) => {
    if (!response.headersSent) response.writeHead(502);
    response.end(String(error));
  });
  request.pipe(upstream);
}

http.createServer((request, response) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  const asset = files.get(path.replace('/assets/', ''));
  if (path === '/' || path === '/graph') {
    response.writeHead(302, {location: request.url.replace(/^\/(graph)?/, '/query')}).end();
  } else if (pages.test(path)) page(response).catch((error) => response.writeHead(500).end(String(error)));
  else if (asset) send(response, path.endsWith('.css') ? 'text/css' : 'text/javascript', asset);
  else if (path === '/favicon.svg') send(response, 'image/svg+xml', readFileSync(new URL('src/favicon.svg', import.meta.url)));
  else forward(request, response);
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port} in front of ${backend}`));
