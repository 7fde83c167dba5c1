import assert from 'node:assert/strict';
import { type LearningRateSchedule, learningRate } from '../../model/schedule.ts';
import { assertClose, loadFixture, type Tolerance } from './fixture.ts';

interface ScheduleConfig {
  warmup_iterations: number;
  iterations: number;
  warmup_start: number;
  peak: number;
  end: number;
}

type Row = [iteration: number, restart: number, joined: number];

const fixture = loadFixture<Record<string, ScheduleConfig>, Record<string, Row[]>>('lr_schedule');

describe('golden: lr_schedule', () => {
  const tolerance: Tolerance = fixture.tolerances['lr']!;
  for (const [name, config] of Object.entries(fixture.config)) {
    for (const [column, cosine] of [[1, 'restart'] as const, [2, 'joined'] as const]) {
      it(`${name}, cosine ${cosine}`, () => {
        const schedule: LearningRateSchedule = {
          start: config.warmup_start,
          peak: config.peak,
          end: config.end,
          warmupIterations: config.warmup_iterations,
          iterations: config.iterations,
          cosine,
        };
        const rows = fixture.scalars[name]!;
        assert.ok(rows.length > 0);
        const actual = rows.map(([iteration]) => learningRate(schedule, iteration));
        assertClose(
          actual,
          rows.map((row) => row[column]),
          tolerance,
          `${name} ${cosine}`,
        );
      });
    }
  }
});
