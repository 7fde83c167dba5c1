import assert from 'node:assert/strict';
import { auspex } from './run.ts';

interface Result {
  name: string | null;
  kind: string;
  resolution: number;
  stages: { depth: number; width: number; groupWidth: number }[];
  parameters: Record<string, number>;
  multiplyAdds: number;
  activationBytes: { fp32: number; bf16: number };
  blocks: { name: string }[];
}

const NUMBERS = ['--w0', '192', '--wa', '76.82', '--wm', '2.19', '--depth', '17', '--group-width', '56'];

describe('auspex arch', () => {
  it('gives a named architecture as JSON', () => {
    const { code, json } = auspex(['arch', 'seer-10b', '--json']);
    assert.equal(code, 0);
    const result = json<Result>();
    assert.deepEqual(result.parameters, { trunk: 9_323_934_872, head: 300_892_416, prototypes: 4_096_000 });
    assert.deepEqual(
      result.stages,
      [
        [2, 2020],
        [7, 4040],
        [17, 11110],
        [1, 28280],
      ].map(([depth, width]) => ({ depth, width, groupWidth: 1010 })),
    );
    assert.equal(result.multiplyAdds, 1_863_284_508_176);
    assert.equal(result.blocks.length, 27);
  });

  it('gives the same by numbers as by name', () => {
    const byNumbers = auspex(['arch', ...NUMBERS, '--head', '4096,4096,256', '--json']).json<Result>();
    const byName = auspex(['arch', 'seer-8gf', '--json']).json<Result>();
    assert.equal(byNumbers.name, null);
    assert.deepEqual(byNumbers.parameters, byName.parameters);
    assert.deepEqual(byNumbers.stages, byName.stages);
  });

  it('counts at another resolution, and knows RegNetZ', () => {
    const small = auspex(['arch', 'regnetz-4gf', '--resolution', '64', '--json']).json<Result>();
    const large = auspex(['arch', 'regnetz-4gf', '--resolution', '128', '--json']).json<Result>();
    assert.equal(large.resolution, 128);
    assert.ok(large.multiplyAdds > 3.9 * small.multiplyAdds && large.multiplyAdds < 4 * small.multiplyAdds);
    assert.equal(large.activationBytes.fp32, 2 * large.activationBytes.bf16);
    assert.equal(auspex(['arch', ...NUMBERS, '--kind', 'regnetz', '--json']).json<Result>().kind, 'regnetz');
  });

  it('prints a table for people', () => {
    const { code, stdout, stderr } = auspex(['arch', 'seer-8gf']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /s4 +1 +2016 +56/);
    assert.match(stdout, /trunk +37\.2 M +37,163,068/);
  });

  it('lists all architectures', () => {
    const { architectures } = auspex(['arch', '--json']).json<{ architectures: Result[] }>();
    assert.ok(architectures.some(({ name }) => name === 'seer-256gf'));
    assert.match(auspex(['arch']).stdout, /^scaling-regnetz-4gf /m);
  });

  const refused: [string, string[], number, RegExp][] = [
    [
      'an unknown name, naming the nearest',
      ['seer-9gf'],
      1,
      /^error UNKNOWN_ARCHITECTURE: .*the nearest is "seer-8gf"/,
    ],
    ['impossible numbers', [...NUMBERS, '--w0', '190'], 1, /^error INVALID_ARCHITECTURE: .*w0 must be a multiple of 8/],
    ['half of the numbers', ['--w0', '24'], 2, /^error USAGE: .*also needs --wa, --wm, --depth, --group-width/],
    ['a name and numbers', ['tiny', '--w0', '24'], 2, /^error USAGE: .*"tiny" does not go with --w0/],
    ['a number that is none', ['--w0', 'wide'], 2, /^error USAGE: .*'wide' is invalid/],
    ['no resolution', ['tiny', '--resolution', '0'], 2, /^error USAGE: .*'0' is invalid/],
    [
      'an unknown option',
      ['tiny', '--resolutoin', '8'],
      2,
      /^error USAGE: .*unknown option '--resolutoin'.*--resolution/,
    ],
  ];
  for (const [what, args, expected, message] of refused) {
    it(`refuses ${what}: one line, exit code ${expected}`, () => {
      const { code, stdout, stderr } = auspex(['arch', ...args, '--json']);
      assert.equal(code, expected);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
      assert.equal(stdout, '');
    });
  }

  it('shows a stack only when asked', () => {
    assert.doesNotMatch(auspex(['arch', 'nothing']).stderr, /\n\s+at /);
    assert.match(auspex(['arch', 'nothing'], { AUSPEX_DEBUG: '1' }).stderr, /\n\s+at /);
  });
});
