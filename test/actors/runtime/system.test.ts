/** What only matters in the actors' own process. */
import assert from 'node:assert/strict';
import { type ActorRef, ActorSystem, type Behaviour, type SystemEvent } from '../../../actors/runtime/index.ts';
import { journal, type Line, player, stagehand } from './cast.ts';
import { nextEvent } from './processes.ts';
import { cues, DEADLINE, echo, recite, until } from './stages.ts';

/** A player whose `stop` throws. */
function badLoser(name: string): Behaviour<unknown, Line> {
  return {
    ...(player(name) as Behaviour<unknown, Line>),
    stop() {
      throw new RangeError(`${name} does not want to stop`);
    },
  };
}

describe('An actor system', () => {
  let system: ActorSystem;
  beforeEach(() => {
    system = new ActorSystem({ name: 'alone' });
  });
  afterEach(() => system.stop().catch(() => {}));

  const bear = (ref: ActorRef<Line>, name: string) =>
    ref.ask<ActorRef<Line>>((replyTo) => ({ kind: 'bear', name, replyTo }), { deadline: DEADLINE });

  it('refuses a name that is taken, until its actor is gone', async () => {
    const ref = system.spawn('player', player('player'));
    assert.throws(() => system.spawn('player', player('player')), { code: 'ACTOR_NAME_TAKEN' });
    await system.stopActor(ref);
    assert.equal(await echo(system.spawn('player', player('player')), 1), 1);
  });

  it('refuses names and options that make no sense', async () => {
    for (const name of ['', 'a/b', '$ask-1', 'x'.repeat(101)]) {
      assert.throws(() => system.spawn(name, player('x')), { code: 'BAD_ACTOR_OPTION' });
    }
    for (const options of [
      { mailboxCapacity: 0 },
      { mailboxCapacity: 1.5 },
      { restarts: { maximum: -1, withinMs: 1 } },
      { restarts: { maximum: 1, withinMs: 0 } },
    ]) {
      assert.throws(() => system.spawn('player', player('x'), options), { code: 'BAD_ACTOR_OPTION' });
    }
    // None of these has left anything behind.
    const ref = system.spawn('player', player('x'));
    for (const deadline of [0, -1, Number.NaN, 2 ** 31]) {
      await assert.rejects(
        ref.ask(() => ({ kind: 'keepQuiet' }), { deadline }),
        { code: 'BAD_ACTOR_OPTION' },
      );
    }
  });

  it('stops everything, once, and then starts nothing more', async () => {
    const refs = ['a', 'b'].map((name) => system.spawn(name, player(name)));
    await Promise.all([system.stop(), system.stop()]);
    assert.deepEqual(system.metrics().actors, []);
    assert.throws(() => system.spawn('late', player('late')), { code: 'ACTOR_STOPPED' });
    for (const ref of refs) await assert.rejects(ref.tell({ kind: 'keepQuiet' }), { code: 'ACTOR_STOPPED' });
  });

  it('stops the others too when one does not stop well, and says so', async () => {
    const watcher = system.spawn('watcher', player('watcher'));
    const parent = system.spawn('parent', player('parent'));
    const child = await bear(parent, 'child');
    const loser = system.spawn('loser', badLoser('loser'));
    await watcher.ask((replyTo) => ({ kind: 'watch', ref: loser, replyTo }), { deadline: DEADLINE });
    await assert.rejects(system.stopActor(loser), { code: 'ACTOR_FAILED', message: /does not want to stop/ });
    await until(async () => (await recite(watcher)).length > 0);
    assert.deepEqual(await recite(watcher), ['failed loser does not want to stop']);
    await echo(system.spawn('second-loser', badLoser('second-loser')), 'started');
    await assert.rejects(system.stop(), { code: 'ACTOR_FAILED', message: /second-loser/ });
    await assert.rejects(child.tell({ kind: 'keepQuiet' }), { code: 'ACTOR_STOPPED' });
    assert.deepEqual(system.metrics().actors, []);
  });

  it('does not start an actor again that could not release what it held', async () => {
    const failed = nextEvent(system, 'actorFailed');
    const ref = system.spawn('loser', badLoser('loser'));
    await assert.rejects(ref.ask(() => ({ kind: 'throw', code: 'X', message: 'x' }), { deadline: DEADLINE }));
    assert.match((await failed).error.message, /does not want to stop/);
    await assert.rejects(ref.tell({ kind: 'keepQuiet' }), { code: 'ACTOR_STOPPED' });
  });

  it('forgets restarts that are longer ago than the window', async () => {
    const ref = system.spawn('player', player('player'), { restarts: { maximum: 1, withinMs: 1 } });
    for (let i = 0; i < 5; i++) {
      await ref.tell({ kind: 'throw', code: 'X', message: 'x' });
      assert.equal(await echo(ref, i), i);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(system.metrics().actors[0]!.restarts, 5);
  });

  it('tells what happens to its actors', async () => {
    const events: SystemEvent[] = [];
    const unsubscribe = system.subscribe((event) => events.push(event));
    const ref = system.spawn('player', player('player'), { restarts: { maximum: 1, withinMs: 60_000 } });
    for (let i = 0; i < 2; i++) void ref.tell({ kind: 'throw', code: 'X', message: `time ${i}` });
    void ref.tell({ kind: 'note', value: 'unheard' });
    await until(() => events.length >= 3);
    assert.deepEqual(
      events.map((event) => [event.kind, 'error' in event ? event.error.message : undefined]),
      [
        ['actorRestarted', 'time 0'],
        ['actorFailed', 'time 1'],
        ['deadLetter', undefined],
      ],
    );
    const [, , letter] = events;
    assert.ok(letter?.kind === 'deadLetter');
    assert.deepEqual(letter.message, { kind: 'note', value: 'unheard' });
    unsubscribe();
    await ref.tell({ kind: 'keepQuiet' }).catch(() => {});
    assert.equal(events.length, 3);
  });

  it('counts all dead letters and keeps the last hundred', async () => {
    const ref = system.spawn('player', player('player'));
    await system.stopActor(ref);
    for (let i = 0; i < 150; i++) await ref.tell({ kind: 'note', value: i }).catch(() => {});
    assert.equal(system.metrics().deadLetters, 150);
    assert.equal(system.recentDeadLetters().length, 100);
  });

  it('lets an actor stop itself, after the current message', async () => {
    const ref = system.spawn('player', player('player'));
    await ref.tell({ kind: 'leave' });
    await until(() => system.metrics().actors.length === 0);
  });

  it('takes news of watched actors into a full mailbox', async () => {
    const watched = system.spawn('watched', player('watched'));
    const watcher = system.spawn('watcher', player('watcher'), { mailboxCapacity: 1 });
    await watcher.ask((replyTo) => ({ kind: 'watch', ref: watched, replyTo }), { deadline: DEADLINE });
    const cue = cues(system.spawn('stagehand', stagehand));
    void watcher.tell({ kind: 'hold', gate: 'full' });
    await until(() => journal.includes('watcher holds'));
    const told = [0, 1, 2].map((value) => watcher.tell({ kind: 'note', value }));
    await system.stopActor(watched);
    const { mailboxDepth } = system.metrics().actors.find(({ path }) => path === 'watcher')!;
    assert.equal(mailboxDepth, 2);
    await cue.open('full');
    await Promise.all(told);
    assert.deepEqual(await recite(watcher), [0, 'stopped', 1, 2]);
  });
});
