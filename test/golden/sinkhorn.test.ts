/** Sinkhorn-Knopp on score matrices of all kinds, one of them with a prototype that underflows to nothing. */

import { onEveryExecutor } from '../kernels/executors.ts';
import { execute, oneOperation } from '../program/tiny-program.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  eps: number;
  iters: number;
  cases: string[];
}

onEveryExecutor('golden: sinkhorn', () => {
  const { config, scalars, tolerances, ...fixture } = loadFixture<Config, Record<string, Partial<Config>>>('sinkhorn');

  for (const name of config.cases) {
    it(name, async () => {
      const { shape } = fixture.tensor(`${name}.scores`);
      const { eps, iters } = { ...config, ...scalars[name] };
      const program = oneOperation('sinkhorn', {
        inputs: { scores: shape },
        outputs: { codes: shape },
        attributes: { assignedCrops: 1, crops: 1, epsilon: eps, iterations: iters },
      });
      const executor = await execute(program, { scores: fixture.values(`${name}.scores`) });
      const codes = executor.read('codes');

      assertClose(codes, fixture.values(`${name}.codes`), tolerances['codes']!, 'codes');
      for (const ranks of fixture.names(`${name}.codes_`)) {
        assertClose(codes, fixture.values(ranks), tolerances['codes_2ranks vs codes']!, ranks);
      }
      const [rows, prototypes] = shape as [number, number];
      const sums = Array.from({ length: rows }, (_, row) =>
        codes.subarray(row * prototypes, (row + 1) * prototypes).reduce((sum, code) => sum + code, 0),
      );
      assertClose(sums, new Array(rows).fill(1), tolerances['row sums']!, 'row sums');
    });
  }
});
