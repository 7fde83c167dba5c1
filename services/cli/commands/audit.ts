import type { Command } from 'commander';
import { type Audit, auditRun } from '../../../training/audit/audit-run.ts';
import type { EpochCoverage } from '../../../training/audit/image-coverage.ts';
import { TrainingError } from '../../../training/training-errors.ts';
import { Output, table } from '../output.ts';

export function addAuditCommand(command: Command): void {
  command
    .argument('<run>', 'run folder')
    .option('--json', 'print the result as JSON')
    .action(async (run: string, options: { json?: boolean }) => {
      const output = new Output(options);
      const audit = await auditRun(run);
      output.result(audit, describe(audit));
      const [first] = audit.findings;
      if (first === undefined) return;
      const more = audit.numFindings > 1 ? `, and ${audit.numFindings - 1} more` : '';
      throw new TrainingError('AUDIT_FAILED', `${run} is not as it should be: ${first.code}, ${first.message}${more}.`);
    });
}

function describe(audit: Audit): string {
  const { out, status, step, position, images, checkpoint, epochs, findings, numFindings, unproven } = audit;
  const drawn = images === null ? '' : `, ${position} images drawn from ${images}`;
  const later = checkpoint === null ? step : Math.max(0, step - checkpoint);
  const newest = checkpoint === null ? 'no checkpoint' : `newest checkpoint of step ${checkpoint}`;
  const redone = later > 0 && status !== 'finished' ? ` (a resume makes the ${later} steps after it again)` : '';
  return [
    `${out}: ${status}, ${step} steps${drawn}, ${newest}${redone}`,
    ...(epochs.length > 0 ? ['', epochTable(epochs)] : []),
    '',
    ...findings.map(({ code, message }) => `${code}: ${message}`),
    ...(numFindings > findings.length ? [`... ${numFindings} findings in all`] : []),
    ...unproven.map(({ code, steps, message }) => `${code}${steps === null ? '' : ` (${steps} steps)`}: ${message}`),
    VERDICTS[audit.verdict],
  ].join('\n');
}

const VERDICTS: Record<Audit['verdict'], string> = {
  proven: 'Proven: every image had its turn exactly once per epoch, and what was fed is what belongs there.',
  unproven: 'Nothing is wrong, and not everything can be proven.',
  wrong: 'Wrong: the records do not prove what a run has to prove.',
};

function epochTable(epochs: readonly EpochCoverage[]): string {
  const head = ['epoch', 'trained', 'skipped', 'not applied', 'unknown', 'repeated', 'missing', 'ahead'];
  const rows = epochs.map(({ first, last, ...counts }) => [
    first === last ? `${first}` : `${first}-${last}`,
    ...[counts.trained, counts.skipped, counts.notApplied, counts.unknown].map(String),
    ...[counts.repeated, counts.missing, counts.ahead].map(String),
  ]);
  return table([head, ...rows]);
}
