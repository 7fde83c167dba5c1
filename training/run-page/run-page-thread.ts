/** The thread of write-run-page-aside.ts. */
import { workerData } from 'node:worker_threads';
import { writeRunPage } from './write-run-page.ts';

await writeRunPage((workerData as { readonly out: string }).out);
