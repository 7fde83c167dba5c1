/** `npm run fuzz`: mutated images, messages and requests, and what came of them. */
import { parseArgs } from 'node:util';
import { fuzz, KINDS, type Kind } from './fuzz.ts';
import { buildSanitized } from './sanitized.ts';

const USAGE = `npm run fuzz -- [images|messages|requests ...] [options]
  --count <n>   of each kind (default 100000)
  --seed <n>    default: by the clock; it is printed
  --sanitize    images: with the addon built under AddressSanitizer
  --json        the report as JSON lines`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    sanitize: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const kinds = positionals.length > 0 ? positionals : KINDS;
const isWrong = !(Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(seed));
if (values.help || isWrong || kinds.some((kind) => !KINDS.includes(kind as Kind))) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}

const sanitized = values.sanitize ? buildSanitized((line) => process.stderr.write(`${line}\n`)) : undefined;
for (const kind of kinds as Kind[]) {
  process.stderr.write(`${kind}: ${count} of seed ${seed}\n`);
  const report = await fuzz(kind, { count, seed, ...(sanitized !== undefined && { sanitized }) });
  const { outcomes, growth, seconds } = report;
  const counts = Object.entries(outcomes).map(([name, number]) => `${name} ${number}`);
  const memory = `${(growth.end / 2 ** 20).toFixed(0)} MB, ${(growth.bytes / 2 ** 20).toFixed(1)} more than after a quarter`;
  const line = `${kind}: ${count} in ${seconds.toFixed(0)} s, no crash; ${counts.join(', ')}; ${memory}`;
  process.stdout.write(`${values.json ? JSON.stringify(report) : line}\n`);
}
