/** Four steps of LARC around SGD with momentum, over parameters and gradients that vanish. */
import type { ValueId } from '../../program/values.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { allocate, builderOf, run } from '../program/tiny-program.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  lr: number[];
  momentum: number;
  weight_decay: number;
  eta: number;
  eps: number;
  parameters: string[];
}

onEveryExecutor('golden: larc_sgd', () => {
  const { config, tolerances, ...fixture } = loadFixture<Config, unknown>('larc_sgd');

  function program() {
    const builder = builderOf('larc_sgd');
    const each = (prefix: string, role: 'parameter' | 'input' | 'momentum'): ValueId[] =>
      config.parameters.map((name) =>
        builder.value({ name: `${prefix}.${name}`, role, shape: fixture.tensor(`init.${name}`).shape }),
      );
    const [parameters, gradients, momenta] = [
      each('parameter', 'parameter'),
      each('gradient', 'input'),
      each('momentum', 'momentum'),
    ];
    const perParameter = [parameters.length, 2];
    const norms = builder.value({ name: 'norms', shape: perParameter });
    const ratios = builder.value({ name: 'ratios', shape: perParameter });
    const control = builder.value({ name: 'control', role: 'input', shape: [2] });
    const applied = builder.value({ name: 'applied', role: 'input', shape: [1] });
    const { momentum, weight_decay: weightDecay, eta: trustCoefficient, eps: epsilon } = config;
    builder.emit('squaredNorms', { inputs: { parameters, gradients }, outputs: { norms } });
    builder.emit('trustRatios', {
      inputs: { norms },
      outputs: { ratios },
      attributes: { enabled: true, trustCoefficient, epsilon, weightDecay },
    });
    builder.emit('sgd', {
      inputs: { gradients, ratios, control, applied },
      outputs: {},
      updates: { parameters, momenta },
      attributes: { momentum, weightDecay, nesterov: false, freezable: [], undecayed: [] },
    });
    return builder.program();
  }

  it(`${config.lr.length} steps`, async () => {
    const executor = allocate(program());
    for (const name of config.parameters) executor.write(`parameter.${name}`, fixture.values(`init.${name}`));
    for (const [step, rate] of config.lr.entries()) {
      const gradients = config.parameters.map((name) => [`gradient.${name}`, fixture.values(`grad${step}.${name}`)]);
      const control = Float32Array.of(rate, 0);
      await run(executor, { ...Object.fromEntries(gradients), control, applied: Float32Array.of(1) });
      for (const name of config.parameters) {
        const expected = fixture.values(`step${step}.${name}`);
        assertClose(executor.read(`parameter.${name}`), expected, tolerances['step*']!, `${name} after step ${step}`);
      }
    }
    for (const name of config.parameters) {
      const expected = fixture.values(`momentum.${name}`);
      assertClose(executor.read(`momentum.${name}`), expected, tolerances['momentum']!, `momentum of ${name}`);
    }
  });
});
