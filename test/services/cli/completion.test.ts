/** Completion, asked of real shells that have sourced what `auspex completion` prints. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { fishScript } from '../../../services/cli/completion/fish.ts';
import { specsOf } from '../../../services/cli/completion/spec.ts';
import { buildProgram } from '../../../services/cli/program.ts';
import { auspex } from './run.ts';

/** What was typed, and what is offered; the last word is to be completed. */
const CASES: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['subm'], ['submit']],
  [['checkpoint', 'sl'], ['slice']],
  [['serve', '--log-f'], ['--log-format']],
  [
    ['serve', '--log-format', ''],
    ['json', 'text'],
  ],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  [['jobs', 'list', '--bus', 'k'], ['kafka']],
  [['train', '--thr'], []],
  [['train', '--preset', ''], []],
  // A value that is the name of a command leads nowhere else.
  [['embed', '--out', 'train', '--lay'], ['--layer']],
];

describe('completion', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-completion-'));
  const scriptOf = (shell: string) => path.join(folder, `auspex.${shell}`);
  before(() => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout, code } = auspex(['completion', shell]);
      assert.equal(code, 0);
      writeFileSync(scriptOf(shell), stdout);
    }
    mkdirSync(path.join(folder, 'photos one'));
    writeFileSync(path.join(folder, 'photos.yaml'), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (shell: string, args: readonly string[]) => spawnSync(shell, args, { encoding: 'utf8', cwd: folder });
  const sorted = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  function needShell(context: Mocha.Context, shell: string): void {
    if (run(shell, ['--version']).status === 0) return;
    console.log(`      skipped: no ${shell}`);
    context.skip();
  }

  function inBash(words: readonly string[]): string[] {
    const ask = `source ${scriptOf('bash')}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _auspex; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = run('bash', ['--norc', '-c', ask, 'bash', 'auspex', ...words]);
    assert.equal(stderr, '');
    return sorted(stdout);
  }

  it('works in bash', function () {
    needShell(this, 'bash');
    for (const [words, offered] of CASES) assert.deepEqual(inBash(words), offered, words.join(' '));
    // bash divides at the sign.
    assert.deepEqual(inBash(['serve', '--log-format', '=', 'js']), ['json']);
    assert.deepEqual(inBash(['train', '--data', 'pho']), ['photos one']);
    assert.deepEqual(inBash(['train', 'pho']), ['photos one', 'photos.yaml']);
    assert.deepEqual(inBash(['arch', 'pho']), []);
    assert.ok(inBash(['']).includes('doctor') && inBash(['doctor', '-']).includes('--help'));
  });

  it('works in fish', function () {
    needShell(this, 'fish');
    const inFish = (words: readonly string[]) => {
      const { stdout, stderr } = run('fish', [
        '--no-config',
        '-c',
        `source ${scriptOf('fish')}; complete -C 'auspex ${words.join(' ')}'`,
      ]);
      assert.equal(stderr, '');
      return sorted(stdout).map((line) => line.split('\t')[0]!);
    };
    for (const [words, offered] of CASES) assert.deepEqual(inFish(words), offered, words.join(' '));
    assert.deepEqual(inFish(['serve', '--log-format=js']), ['--log-format=json']);
    assert.deepEqual(inFish(['train', '--data', 'pho']), ['photos one/']);
    assert.deepEqual(inFish(['train', 'photos.']), ['photos.yaml']);
    assert.deepEqual(inFish(['arch', 'pho']), []);
  });

  it('works in zsh', function () {
    needShell(this, 'zsh');
    if (spawnSync('python3', ['--version']).status !== 0) return this.skip();
    /** What the line has become by the key; one offer is put in, of several all are shown. */
    const inZsh = (line: string, expect: string) => {
      const request = {
        ...{ size: [100, 30], seconds: 20 },
        command: ['zsh', '-f'],
        environment: { TERM: 'dumb', PS1: 'ready> ', HOME: folder },
        steps: [
          {
            expect: 'ready> ',
            send: `cd ${folder}; autoload -U compinit; compinit -u -D; source ${scriptOf('zsh')}; PS1='done> '\n`,
          },
          { expect: 'done> \u001b', send: `${line}\t` },
          { expect, signal: 'SIGKILL' },
        ],
      };
      const script = path.join(import.meta.dirname, 'terminal.py');
      const { missed, output } = JSON.parse(
        spawnSync('python3', [script, JSON.stringify(request)], { encoding: 'utf8' }).stdout,
      );
      assert.equal(missed, null, output);
    };
    inZsh('auspex subm', 'auspex submit ');
    inZsh('auspex checkpoint sl', 'checkpoint slice ');
    inZsh('auspex serve --log-f', '--log-format ');
    inZsh('auspex serve --log-format j', '--log-format json ');
    inZsh('auspex serve --log-format=j', '--log-format=json ');
    inZsh('auspex completion ', 'bash +fish +zsh');
    inZsh('auspex train --data pho', '--data photos\\\\ one/');
    inZsh('auspex serve --log-', '--log-format +-- of what goes to standard error');
  });

  it('has every command and option of the program', async () => {
    const program = await buildProgram();
    const specs = specsOf(program);
    const script = fishScript('auspex', specs);
    const visit = (command: Command): void => {
      for (const { long } of command.options)
        assert.ok(script.includes(` -l ${long!.slice(2)} `), `${command.name()} ${long}`);
      for (const inner of command.commands) {
        assert.ok(script.includes(` -a ${inner.name()} -d `), inner.name());
        visit(inner);
      }
    };
    visit(program);
  });

  it('refuses a shell that it does not know', () => {
    assert.equal(auspex(['completion', 'csh']).code, 2);
  });
});
