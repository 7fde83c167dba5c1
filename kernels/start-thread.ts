/** Threads of this process that run one of our own files. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** @param script its address without its ending: the source beside a source, and what was built of it beside what was built */
export function startThread(script: URL, options: WorkerOptions = {}): Worker {
  const self = new URL(import.meta.url);
  if (!self.pathname.endsWith('.ts')) return new Worker(new URL(`${script.href}.js`), options);
  // From sources, a thread has to be told how to read TypeScript.
  const tsx = new URL('dist/esm/api/index.mjs', pathToFileURL(createRequire(self).resolve('tsx/package.json')));
  const [api, source] = [tsx.href, `${script.href}.ts`].map((address) => JSON.stringify(address));
  const code = `import(${api}).then((tsx) => tsx.register()).then(() => import(${source}))`;
  return new Worker(code, { ...options, eval: true });
}
