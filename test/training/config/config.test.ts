import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { learningRate } from '../../../model/schedule.ts';
import { type ConfigSources, loadConfig, scheduleOf } from '../../../training/config/config.ts';
import { ConfigError, type ConfigErrorCode } from '../../../training/config/errors.ts';
import { presets } from '../../../training/config/presets.ts';

describe('loadConfig', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(text: string, name = 'config.yaml'): string {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  function assertRefused(sources: ConfigSources, code: ConfigErrorCode, message: RegExp): void {
    assert.throws(
      () => loadConfig(sources),
      (thrown: unknown) => {
        assert.ok(thrown instanceof ConfigError, String(thrown));
        assert.equal(thrown.code, code);
        assert.match(thrown.message, message);
        return true;
      },
    );
  }

  it("has the paper's values where nothing is given", () => {
    const config = loadConfig({});
    assert.equal(config.loss.epsilon, 0.03);
    assert.deepEqual(config.crops.groups[1], { count: 4, size: 96, scale: [0.05, 0.14] });
    assert.deepEqual(config.model.head, [4096, 4096, 256]);
    assert.equal(config.model.prototypes, 16_000);
    assert.equal(config.training.epochs, 1);
  });

  it('lets defaults yield to the preset, the preset to the file, and the file to --set', () => {
    const file = write('preset: tiny\nloss: {epsilon: 0.04, temperature: 0.2}\ncrops: {jitter: {hue: 0.3}}\n');
    const config = loadConfig({ file, set: ['loss.temperature=0.3', 'training.seed=7'] });
    assert.equal(config.preset, 'tiny');
    assert.equal(config.loss.sinkhornIterations, 3);
    assert.equal(config.loss.epsilon, 0.04);
    assert.equal(config.loss.temperature, 0.3);
    assert.equal(config.training.seed, 7);
    assert.equal(config.crops.jitter.hue, 0.3);
    assert.equal(config.crops.jitter.brightness, 0.3);
    assert.equal(config.crops.flip, 0.5);
  });

  it('takes data and out last, and a preset instead of the one in the file', () => {
    const file = write('preset: tiny\ndata: {path: here}\n');
    const config = loadConfig({ file, preset: '400mf', data: 'there', out: 'run' });
    assert.equal(config.preset, '400mf');
    assert.equal(config.model.architecture, 'regnety-400mf');
    assert.equal(config.data.path, 'there');
    assert.equal(config.training.out, 'run');
  });

  it('reads --set values as YAML, and reaches into lists by index', () => {
    const config = loadConfig({
      preset: 'tiny',
      set: ['crops.groups.1.size=48', 'model.head=[64, 32]', 'optimizer.larc=true', 'model.headBatchNorm=none'],
    });
    assert.deepEqual(
      config.crops.groups.map((group) => group.size),
      [32, 48],
    );
    assert.deepEqual(config.model.head, [64, 32]);
    assert.equal(config.optimizer.larc, true);
  });

  it('takes iterations and epochs as alternatives, the later one given', () => {
    const longer = loadConfig({ preset: 'tiny', set: ['training.epochs=3'] }).training;
    assert.deepEqual([longer.iterations, longer.epochs], [null, 3]);
    const shorter = loadConfig({ set: ['training.epochs=3', 'training.iterations=6000'] }).training;
    assert.deepEqual([shorter.iterations, shorter.epochs], [6000, null]);
    const file = write('training: {iterations: 9000, epochs: 2}');
    assertRefused({ file }, 'CONFIG_INVALID_VALUE', /config\.yaml: training\.epochs: give either iterations or epochs/);
  });

  it('takes an architecture by its numbers', () => {
    const numbers = { w0: 24, wa: 16.3, wm: 1.75, depth: 6, groupWidth: 12 };
    const config = loadConfig({ set: [`model.architecture=${JSON.stringify(numbers)}`] });
    assert.deepEqual(config.model.architecture, numbers);
    assert.deepEqual(config.model.head, [8192, 8192, 256]);
  });

  it('counts a memory budget in bytes', () => {
    const budget = (text: string) => loadConfig({ set: [`training.memoryBudget=${text}`] }).training.memoryBudget;
    assert.equal(budget('4GiB'), 4 * 2 ** 30);
    assert.equal(budget('1.5 MB'), 1_500_000);
    assert.equal(budget('123456'), 123_456);
    assert.equal(budget('100B'), 100);
    assert.equal(budget('null'), null);
    assertRefused({ set: ['training.memoryBudget=lots'] }, 'CONFIG_INVALID_VALUE', /memoryBudget: Invalid size/);
  });

  it('gives plain JSON that loads as itself', () => {
    for (const preset of presets.keys()) {
      const config = loadConfig({ preset, set: ['training.memoryBudget=2GiB'] });
      const file = write(JSON.stringify(config), 'config.json');
      assert.deepEqual(loadConfig({ file }), config);
    }
  });

  it('gives a config that cannot be changed', () => {
    const config = loadConfig({ preset: 'tiny' });
    assert.throws(() => Object.assign(config.crops.groups[0]!, { size: 1 }), TypeError);
    assert.equal(loadConfig({ preset: 'tiny' }).crops.groups[0]!.size, 32);
  });

  describe('refuses', () => {
    it('an unknown key, naming the file, the path and the nearest key', () => {
      const file = write('loss:\n  temprature: 0.1\n');
      const message = /config\.yaml: unknown key "loss\.temprature"; the nearest is "loss\.temperature"/;
      assertRefused({ file }, 'CONFIG_UNKNOWN_KEY', message);
    });

    it('a key in the wrong section, naming the right one', () => {
      assertRefused(
        { set: ['temperature=0.1'] },
        'CONFIG_UNKNOWN_KEY',
        /--set temperature=0\.1: unknown key "temperature"; the nearest is "loss\.temperature"/,
      );
      assertRefused({ set: ['training.momentum=0'] }, 'CONFIG_UNKNOWN_KEY', /nearest is "optimizer\.momentum"/);
    });

    it('an unknown key inside a list and inside an architecture', () => {
      const groups = 'crops: {groups: [{count: 2, size: 32, scale: [0.1, 1], sise: 3}]}';
      assertRefused(
        { file: write(groups) },
        'CONFIG_UNKNOWN_KEY',
        /"crops\.groups\.0\.sise"; the nearest is "crops\.groups\[\]\.size"/,
      );
      const architecture = 'model: {architecture: {w0: 24, wa: 16, wm: 2, depth: 6, groupWidht: 8}}';
      assertRefused(
        { file: write(architecture) },
        'CONFIG_UNKNOWN_KEY',
        /the nearest is "model\.architecture\.groupWidth"/,
      );
    });

    it('the key __proto__', () => {
      const file = write('{"loss": {"__proto__": {"temperature": 3}}}', 'config.json');
      assertRefused({ file }, 'CONFIG_UNKNOWN_KEY', /unknown key "loss\.__proto__"/);
    });

    it('a value of the wrong type or range, naming where it came from', () => {
      const file = write('loss: {epsilon: large}');
      assertRefused({ file }, 'CONFIG_INVALID_VALUE', /config\.yaml: loss\.epsilon: expected number, received string/);
      assertRefused(
        { set: ['optimizer.momentum=1'] },
        'CONFIG_INVALID_VALUE',
        /--set optimizer\.momentum=1: optimizer\.momentum/,
      );
      assertRefused({ set: ['training.precision=fp8'] }, 'CONFIG_INVALID_VALUE', /"auto"\|"fp32"\|"bf16"\|"fp16"/);
      assertRefused({ set: ['training.threads=none'] }, 'CONFIG_INVALID_VALUE', /training\.threads/);
      assertRefused({ set: ['training.iterations=.inf'] }, 'CONFIG_INVALID_VALUE', /training\.iterations/);
    });

    it('an unknown or impossible architecture', () => {
      const file = write('model: {architecture: seer-9gf}');
      assertRefused(
        { file },
        'CONFIG_INVALID_VALUE',
        /config\.yaml: model\.architecture: no architecture "seer-9gf"; the nearest is "seer-8gf"/,
      );
      const flat = 'model.architecture={w0: 20, wa: 16, wm: 2, depth: 6, groupWidth: 8}';
      assertRefused({ set: [flat] }, 'CONFIG_INVALID_VALUE', /w0 must be a multiple of 8/);
    });

    it('keys that contradict each other', () => {
      assertRefused(
        { set: ['training.iterations=10'] },
        'CONFIG_INVALID_VALUE',
        /a warm-up of 5500 does not fit 10 iterations/,
      );
      assertRefused({ set: ['crops.region.right=0'] }, 'CONFIG_INVALID_VALUE', /crops\.region: is empty/);
      assertRefused(
        { set: ['crops.blur.radius=[2, 1]'] },
        'CONFIG_INVALID_VALUE',
        /crops\.blur\.radius: must be \[least, most\]/,
      );
      const one = 'crops.groups=[{count: 1, size: 32, scale: [0.1, 1]}]';
      assertRefused({ set: [one] }, 'CONFIG_INVALID_VALUE', /at least 2 crops/);
    });

    it('a config from a newer version, whatever else it says', () => {
      const file = write('configVersion: 99\nunheardOf: true\n');
      assertRefused(
        { file },
        'CONFIG_TOO_NEW',
        /config\.yaml: written by a newer Auspex \(config version 99;.*update Auspex/,
      );
    });

    it('what is no config at all', () => {
      assertRefused({ file: path.join(folder, 'missing.yaml') }, 'CONFIG_UNREADABLE', /missing\.yaml: cannot be read/);
      assertRefused({ file: folder }, 'CONFIG_UNREADABLE', /cannot be read/);
      assertRefused({ file: write('loss: {epsilon: 0.1') }, 'CONFIG_SYNTAX', /config\.yaml: not valid YAML: .*line 1/);
      assertRefused({ file: write('a: 1\na: 2\n') }, 'CONFIG_SYNTAX', /not valid YAML/);
      assertRefused(
        { file: write('loss: &x\n  epsilon: {a: *x}\n') },
        'CONFIG_SYNTAX',
        /\*x lies within what it stands for/,
      );
      assertRefused({ file: write('- a\n- b\n') }, 'CONFIG_SYNTAX', /must be a mapping/);
      assertRefused({ set: ['training.seed'] }, 'CONFIG_SYNTAX', /must be key=value/);
      assertRefused({ set: ['training.seed={'] }, 'CONFIG_SYNTAX', /--set training\.seed=\{: not valid YAML/);
      assert.doesNotThrow(() => loadConfig({ file: write('') }));
    });

    it('an unknown preset, naming the nearest', () => {
      assertRefused({ preset: 'tinny' }, 'UNKNOWN_PRESET', /no preset "tinny"; the nearest is "tiny"/);
    });
  });
});

describe('scheduleOf', () => {
  it("gives the paper's rates at the paper's batch, and 0.3 per 256 images", () => {
    const config = loadConfig({ preset: 'seer-10b' });
    const schedule = scheduleOf(config, 126_000);
    assert.equal(learningRate(schedule, 0), 0.15);
    assert.equal(learningRate(schedule, 5500), 9.3);
    assert.equal(learningRate(schedule, 126_000), 0.0093);
    const small = scheduleOf(loadConfig({ preset: 'seer-8gf', set: ['training.batchSize=256'] }), 126_000);
    assert.ok(Math.abs(small.peak - 0.3) < 1e-12);
  });

  it('takes absolute rates as they are', () => {
    const config = loadConfig({ set: ['schedule.perImages=null', 'schedule.peak=0.7', 'training.batchSize=3'] });
    assert.equal(scheduleOf(config, 9000).peak, 0.7);
  });
});
