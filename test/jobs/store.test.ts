/** The store of the server of jobs, where its folder cannot be used. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inOwnProcess } from '../in-own-process.ts';

const OPEN = `
  import { JobStore } from './services/jobs/store.ts';
  try {
    JobStore.open(process.env.AUSPEX_TEST_STATE);
  } catch ({ code, message }) {
    console.log(code, message);
  }`;

describe('store of jobs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says that what lies in its folder is no store', () => {
    const file = path.join(folder, 'data.mdb');
    writeFileSync(file, Buffer.alloc(16_384, 7));
    // LMDB would end the process.
    const said = inOwnProcess(OPEN, { AUSPEX_TEST_STATE: folder });
    assert.ok(said.startsWith(`STATE_FAILED The state in ${folder} cannot be used: ${file} is damaged`), said);
  });
});
