/** Who is let in, and who has to wait. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ClientsFile, digestOfToken } from '../../services/api/access/clients.ts';
import { Gatekeeper } from '../../services/api/access/gatekeeper.ts';

describe('the gatekeeper', () => {
  let folder: string;
  let file: string;
  const write = (...names: readonly string[]) => {
    const clients = names.map((name) => ({ name, role: 'read', tokenSha256: digestOfToken(`auspex_${name}`) }));
    writeFileSync(file, stringify({ clients }));
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-gatekeeper-'));
    file = path.join(folder, 'clients.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('tells an address that guesses to wait, and lets those in who share it and know a token', async () => {
    write('watcher');
    const gatekeeper = new Gatekeeper({ clients: new ClientsFile(file), callsPerSecond: 1000 });
    const identify = (token: string, peer: string) => gatekeeper.identify({ token }, peer);
    const codes: string[] = [];
    for (let i = 0; i < 25; i++) {
      await identify('auspex_guess', `10.0.0.7:${5000 + i}`).catch(({ code }) => codes.push(code));
    }
    const expected = codes.map((_, i) => (i < 20 ? 'API_UNAUTHENTICATED' : 'API_RATE_LIMITED'));
    assert.deepEqual(codes, expected);
    assert.equal(codes.length, 25);
    assert.deepEqual((await identify('auspex_watcher', '10.0.0.7:6000')).name, 'watcher');
    await assert.rejects(identify('auspex_guess', '10.0.0.8:5000'), { code: 'API_UNAUTHENTICATED' });
  });
});
