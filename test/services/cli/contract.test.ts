/** What all commands have in common: --json, exit codes, and the page that promises it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Command, Help } from 'commander';
import { COMMANDS } from '../../../services/cli/commands.ts';
import { buildProgram } from '../../../services/cli/program.ts';
import { auspex } from './run.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(path.join(root, 'docs', 'cli.md'), 'utf8');

function leavesOf(command: Command, words: readonly string[] = []): { words: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ words, command }];
  return command.commands.flatMap((inner) => leavesOf(inner, [...words, inner.name()]));
}

describe('every command', () => {
  it('has --json', async () => {
    const leaves = leavesOf(await buildProgram());
    assert.ok(leaves.length > 20);
    const without = leaves.filter(({ command }) => !command.options.some(({ long }) => long === '--json'));
    assert.deepEqual(
      without.map(({ words }) => words.join(' ')),
      [],
    );
  });

  it('stands in docs/cli.md, and nothing else does', async () => {
    const table = page.slice(page.indexOf('| Command |'), page.indexOf('## Exit codes'));
    const listed = table
      .split('\n')
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, name]) => name!));
    const commands = (await buildProgram()).commands.map((command) => command.name());
    assert.deepEqual(listed.sort(), commands.sort());
  });

  it('takes what the list of commands says', async () => {
    const { commands } = await buildProgram();
    const help = new Help();
    assert.deepEqual(
      COMMANDS.map(({ usage }) => usage),
      commands.map((command) => help.subcommandTerm(command)),
    );
  });

  it('ends with 2 and one line where it is called wrongly', () => {
    const { code, stdout, stderr } = auspex(['jobs', 'show']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^error USAGE: [^\n]+\n$/);
    assert.equal(auspex(['nosuch']).code, 2);
    assert.equal(auspex(['--help']).code, 0);
  });

  it('ends with 1 and a code where it fails', () => {
    const { code, stdout, stderr } = auspex(['audit', path.join(root, 'docs'), '--json']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error [A-Z_]+: [^\n]+\n$/);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`that saves on ${signal} ends with ${code} on a second one`, async () => {
      const module = pathToFileURL(path.join(root, 'services', 'cli', 'stop-signal.ts')).href;
      const script = `const { signalOfUser } = await import('${module}');
        signalOfUser(() => console.log('heard'));
        setInterval(() => undefined, 1000);
        console.log('ready');`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill(signal);
      assert.match(String((await once(child.stdout, 'data'))[0]), /heard/);
      // A terminal and npx may both pass the same one on: what comes at once is no second one.
      await sleep(700);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [code, null]);
    });
  }
});
