/** From what every rank says about a step to what is written down about it. */
import type { StepReport } from '../../training/run/journal.ts';
import type { RankReport } from '../world.ts';

/** @param reports in rank order. */
export function mergeReports(reports: readonly RankReport[]): StepReport {
  const [first] = reports;
  const { step, start, position, loss, applied, prototypeUse, norms, ratios, skipped, lossScale } = first!;
  const times = reports.map((report) => report.times);
  const sum = (of: (time: (typeof times)[number]) => number) => times.reduce((total, time) => total + of(time), 0);
  const communicating = sum((time) => time.communicating);
  const seconds = Math.max(...times.map((time) => time.seconds));
  return {
    ...{ step, start, position, loss, applied, prototypeUse, norms, ratios, skipped, seconds },
    ...(lossScale && { lossScale }),
    secondsWaitedForData: Math.max(...times.map((time) => time.waitingForData)),
    names: reports.flatMap((report) => report.names),
    digests: reports.map((report) => report.digest),
    ranks: {
      count: reports.length,
      waitingShare: sum((time) => time.waitingForRanks) / sum((time) => time.seconds),
      hiddenShare: communicating === 0 ? 1 : Math.max(0, 1 - sum((time) => time.exposed) / communicating),
      overheadShare: sum((time) => time.seconds - time.running - time.waitingForData) / sum((time) => time.seconds),
    },
  };
}
