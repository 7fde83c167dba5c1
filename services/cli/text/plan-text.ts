/** A plan as text for a person. */
import { largestKinds, type PlanSummary } from '../../../training/plan/summary.ts';
import { shortBytes, shortCount } from '../output.ts';

export function describePlan(plan: PlanSummary): string {
  return [header(plan), section(memoryRows(plan)), section(stepRows(plan)), section(trainingRows(plan)), advice(plan)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function header({ name, precision, world, hosts, device, batch, batchPerRank, sharding }: PlanSummary): string {
  const divided = { full: 'sharded over all', host: 'sharded over the ranks of a host', none: 'not sharded' }[sharding];
  const where = world === 1 ? `one ${device}` : `${world} x ${device} on ${plural(hosts, 'host')}, ${divided}`;
  return `${name} in ${precision} on ${where}; ${batch.toLocaleString('en')} images a step, ${plural(batchPerRank, 'image')} a rank`;
}

type Rows = readonly (readonly [what: string, value: string])[];

function section(rows: Rows): string {
  const width = Math.max(20, ...rows.map(([what]) => what.length));
  return rows.map(([what, value]) => `${what.padEnd(width)}  ${value}`).join('\n');
}

function memoryRows({ memory }: PlanSummary): Rows {
  const { totalBytes, budgetBytes, reservedBytes, peak, checkpoints, groups } = memory;
  const holds = largestKinds(peak.use)
    .map((kind) => `${kind} ${shortBytes(peak.use[kind])}`)
    .join(', ');
  return [
    [
      'memory of a rank',
      `${shortBytes(totalBytes)} of ${shortBytes(budgetBytes)}: it fits (${shortBytes(reservedBytes)} more are reserved)`,
    ],
    ['  peak', `at ${peak.kind} of ${peak.unit} in the ${peak.phase} pass: ${holds}`],
    [
      '  checkpoints (eq. 3)',
      checkpoints.length === 0
        ? 'none: only normalised maps are made again'
        : `${groups.length} groups of units, of ${groups.map(({ length }) => length).join(', ')}; they begin at ${[groups[0]![0]!, ...checkpoints].join(', ')}`,
    ],
  ];
}

const PARTS = [
  ['forward', 'forward pass'],
  ['recompute', 'made again'],
  ['backward', 'backward pass'],
  ['update', 'update'],
  ['exchanging', 'sums of batch norm, Sinkhorn and LARC among ranks'],
  ['awaiting', 'gathers and reductions that nothing hides'],
  ['copying', 'copying crops in'],
] as const;

function stepRows({ step, world }: PlanSummary): Rows {
  const { seconds, parts, limitSeconds, imagesPerSecond, flopsPerSecond, wire } = step;
  const some = PARTS.filter(([key]) => parts[key] > 0.0005 * seconds);
  const sent: Rows =
    world === 1
      ? []
      : [
          [
            'on the wire',
            `${shortBytes(wire.total)} a rank and step: gathers ${shortBytes(wire.allGather)}, reductions ${shortBytes(wire.reduceScatter)}, all-reduces ${shortBytes(wire.allReduce)}, sums ${shortBytes(wire.exchanged)}`,
          ],
        ];
  return [
    ['step', `${duration(seconds)}, ${rate(imagesPerSecond)} images/s, ${shortCount(flopsPerSecond)}FLOP/s a rank`],
    ...some.map(([key, name]): Rows[number] => [
      `  ${duration(parts[key])}`,
      `${((100 * parts[key]) / seconds).toFixed(1).padStart(4)} %  ${name}`,
    ]),
    [
      "device's limit",
      `${duration(limitSeconds)}: the step takes ${(seconds / limitSeconds).toFixed(2)} times as long`,
    ],
    ...sent,
  ];
}

function trainingRows({ training: { images, steps, days, deviceHours } }: PlanSummary): Rows {
  return [
    [
      `${shortCount(images).trim()} images`,
      `${steps.toLocaleString('en')} steps, ${rate(days)} days, ${Math.round(deviceHours).toLocaleString('en')} device-hours`,
    ],
  ];
}

function advice({ advice }: PlanSummary): string {
  if (advice.length === 0) return '';
  return ['What to change:', ...advice.map(({ change, why }) => `- ${change}: ${why}`)].join('\n');
}

/** Three digits that matter, never an exponent. */
export function rate(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function duration(seconds: number): string {
  return seconds >= 1 ? `${seconds.toFixed(2)} s` : `${(1000 * seconds).toPrecision(3)} ms`;
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
