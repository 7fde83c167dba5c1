/** Gloo between two network namespaces, which are to each other what two hosts are: each has its own address and no other way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { itKeepsTheContract } from './contract.ts';
import { whyNot } from './operations.ts';
import { failures, type Place, Ranks } from './ranks.ts';

const PREFIX = `auspex${process.pid}`;
const NAMES = [`${PREFIX}a`, `${PREFIX}b`] as const;
/** Of the block that is reserved for measuring networks (RFC 2544). */
const HOSTS = ['198.18.77.1', '198.18.77.2'] as const;

/** What went wrong, if anything did. */
function ip(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  return status === 0 ? undefined : `ip ${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
}

/** Two namespaces with a cable between them; returns what the system refused. */
function makeNetwork(): string | undefined {
  const cable = NAMES.map((name) => `v${name.slice(6)}`);
  const steps = [
    ...NAMES.map((name) => ['netns', 'add', name]),
    ['link', 'add', cable[0]!, 'netns', NAMES[0], 'type', 'veth', 'peer', 'name', cable[1]!, 'netns', NAMES[1]],
    ...NAMES.flatMap((name, i) => [
      ['-n', name, 'address', 'add', `${HOSTS[i]}/30`, 'dev', cable[i]!],
      ['-n', name, 'link', 'set', cable[i]!, 'up'],
      ['-n', name, 'link', 'set', 'lo', 'up'],
    ]),
  ];
  for (const step of steps) {
    const refusal = ip(...step);
    if (refusal) return refusal;
  }
  return undefined;
}

describe('collectives between hosts', () => {
  let ranks: Ranks;
  before(function () {
    const reason = whyNot('gloo') ?? makeNetwork();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const places = NAMES.map((name, i): Place => ({ prefix: ['ip', 'netns', 'exec', name], host: HOSTS[i]! }));
    ranks = new Ranks(4, places);
  });
  after(async () => {
    await ranks?.end();
    for (const name of NAMES) ip('netns', 'delete', name);
  });

  itKeepsTheContract('gloo', () => ranks);

  it('refuses an address of another host', async () => {
    const options = { transport: 'gloo', rank: 0, size: 2, host: HOSTS[1] } as const;
    const [error] = await failures([ranks.all[0]!.send({ kind: 'open', options })]);
    assert.equal(error!.code, 'CANNOT_OPEN');
    assert.match(error!.message, /^198\.18\.77\.2 is no address of this machine/);
  });

  it('times out when the cable is cut', async () => {
    const connected = await ranks.connect({ transport: 'gloo', timeoutSeconds: 0.5 }, 2);
    await Promise.all(connected.map((rank) => rank.send({ kind: 'reduce without others', elements: 512 })));
    assert.equal(ip('-n', NAMES[0], 'link', 'set', `v${NAMES[0].slice(6)}`, 'down'), undefined);
    const errors = await failures(connected.map((rank) => rank.send({ kind: 'repeat' })));
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['TIMED_OUT', 'TIMED_OUT'],
    );
  });
});
