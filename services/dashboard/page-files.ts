/** The files of the page: a fixed list, read once. There is no path from a request to the disk. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '../../kernels/addon.ts';
import { STYLE } from '../../training/run-page/style.ts';

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;
type Extension = keyof typeof TYPES;

/** Pages, by their address. */
const PAGES = {
  '/': 'index.html',
  '/jobs/:id': 'job.html',
  '/evaluations': 'evaluations.html',
  '/streams': 'streams.html',
};

const FILES = [
  ...['dashboard.css', 'icon.svg'],
  ...['index.js', 'job.js', 'evaluations.js', 'streams.js'],
  ...['charts.js', 'connection.js', 'dom.js', 'format.js', 'vitals.js', 'results.js'],
];

export function addPageFiles(server: FastifyInstance): void {
  const folder = path.join(packageRoot, 'services', 'dashboard', 'page');
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  const require = createRequire(import.meta.url);
  for (const [url, name] of Object.entries(PAGES)) server.get(url, answer(read(name), 'html'));
  for (const name of FILES) server.get(`/page/${name}`, answer(read(name), name.split('.').at(-1) as Extension));
  // The colours and letters of run pages: one language for all pages.
  server.get('/page/run-page.css', answer(STYLE, 'css'));
  server.get('/page/uplot.css', answer(readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'), 'css'));
  server.get('/page/uplot.js', answer(readFileSync(require.resolve('uplot/dist/uPlot.esm.js'), 'utf8'), 'js'));
}

function answer(text: string, extension: Extension) {
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 20)}"`;
  return async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({ etag: tag, 'cache-control': 'no-cache', 'content-type': TYPES[extension] });
    return request.headers['if-none-match'] === tag ? reply.code(304).send() : reply.send(text);
  };
}
