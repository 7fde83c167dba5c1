/** What makes a trace one that Perfetto and Chrome show as it is meant. */
import assert from 'node:assert/strict';
import type { Trace, TraceEvent } from '../../../training/profile/trace.ts';

export type Stretch = Extract<TraceEvent, { ph: 'X' }>;

/** Checks the format and that the stretches of each track are nested. @returns the stretches of each track, by its name */
export function checkTrace(trace: Trace): Map<string, Stretch[]> {
  const names = new Map<string, string>();
  const tracks = new Map<string, Stretch[]>();
  assert.ok(Array.isArray(trace.traceEvents));
  for (const event of trace.traceEvents) {
    assert.ok(Number.isInteger(event.pid) && Number.isInteger(event.tid), JSON.stringify(event));
    assert.equal(typeof event.name, 'string');
    assert.equal(typeof event.args, 'object');
    const track = `${event.pid}.${event.tid}`;
    if (event.ph === 'M') {
      if (event.name === 'thread_name') names.set(track, (event.args as { name: string }).name);
      continue;
    }
    assert.equal(event.ph, 'X');
    assert.equal(typeof event.cat, 'string');
    for (const number of [event.ts, event.dur])
      assert.ok(Number.isFinite(number) && number >= 0, JSON.stringify(event));
    tracks.set(track, [...(tracks.get(track) ?? []), event]);
  }
  for (const [track, stretches] of tracks) {
    assert.ok(names.has(track), `track ${track} has no name`);
    checkNesting(stretches);
  }
  return new Map([...tracks].map(([track, stretches]) => [names.get(track)!, stretches]));
}

/** In their order each begins within one that is open, and ends before that does, or begins after its end. */
function checkNesting(stretches: readonly Stretch[]): void {
  const nanoseconds = (microseconds: number) => Math.round(microseconds * 1000);
  const endOf = ({ ts, dur }: Stretch) => nanoseconds(ts) + nanoseconds(dur);
  const open: Stretch[] = [];
  let before = 0;
  for (const stretch of stretches) {
    const begin = nanoseconds(stretch.ts);
    assert.ok(begin >= before, `${stretch.name} comes after one that begins later`);
    before = begin;
    while (open.length > 0 && endOf(open.at(-1)!) <= begin) open.pop();
    const around = open.at(-1);
    if (around) assert.ok(endOf(stretch) <= endOf(around), `${stretch.name} ends after ${around.name}`);
    open.push(stretch);
  }
}
