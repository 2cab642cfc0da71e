// Bundles src/ into a folder of files with hashed names, each also compressed, and a list of them for embed.cmake:
//   node build.mjs [folder]      default: build/ui of the repository
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {basename, extname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

export const bundling = {
  absWorkingDir: root,
  entryPoints: {main: 'src/main.tsx'},
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome100', 'firefox110', 'safari16'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: {'.svg': 'text'},
  logLevel: 'warning',
  legalComments: 'none',
};

// index.html with the names of what it loads. Addresses are relative, so a route prefix needs no rebuild.
export function pageFrom({script, style, preload = []}) {
  const hints = preload.map((name) => `<link rel="modulepreload" href="assets/${name}">\n  `).join('');
  return readFileSync(join(root, 'src/index.html'), 'utf8')
    .replace('<!-- style -->', `<link rel="stylesheet" href="assets/${style}">`)
    .replace('<!-- script -->', `${hints}<script type="module" src="assets/${script}"></script>`);
}

const contentTypes = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain',
};

// Licences of the packages that end up in the page ask to be handed on with it.
function licenses(metafile) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match) packages.add(match[1]);
  }
  return [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    let text = '';
    for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt']) {
      try { text = readFileSync(join(folder, file), 'utf8'); break; } catch { /* the next spelling */ }
    }
    return `${name} ${about.version} (${about.license})\n${text.trim()}\n`;
  }).join('\n----\n\n');
}

async function main(out) {
  const result = await build({
    ...bundling, outdir: out, write: false, minify: true, metafile: true, charset: 'utf8',
    entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', define: {'process.env.NODE_ENV': '"production"'},
  });
  rmSync(out, {recursive: true, force: true});
  mkdirSync(out, {recursive: true});
  const files = result.outputFiles.map((file) => ({name: basename(file.path), bytes: Buffer.from(file.contents)}));
  const script = files.find((file) => /^main-.*\.js$/.test(file.name)).name;
  const style = files.find((file) => /^main-.*\.css$/.test(file.name)).name;
  const entry = Object.entries(result.metafile.outputs).find(([path]) => basename(path) === script)[1];
  const preload = entry.imports.filter((i) => i.kind === 'import-statement').map((i) => basename(i.path));
  files.push({name: 'index.html', bytes: Buffer.from(pageFrom({script, style, preload}))});
  files.push({name: 'favicon.svg', bytes: readFileSync(join(root, 'src/favicon.svg'))});
  files.push({name: 'licenses.txt', bytes: Buffer.from(licenses(result.metafile))});

  let total = 0;
  const list = files.map(({name, bytes}) => {
    const packed = gzipSync(bytes, {level: 9});
    total += packed.length;
    writeFileSync(join(out, name), bytes);
    writeFileSync(join(out, `${name}.gz`), packed);
    return `${name}|${contentTypes[extname(name)]}`;
  });
  writeFileSync(join(out, 'files.txt'), `${list.sort().join('\n')}\n`);
  console.log(`web interface: ${files.length} files, ${(total / 1024).toFixed(0)} kB compressed`);
  if (total > 500 * 1024) throw new Error('the page weighs more than 500 kB compressed');
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(resolve(process.argv[2] ?? join(root, '../../build/ui')));
}
