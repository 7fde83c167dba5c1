/** Processes that die, stall, come back, and connections that break. */
import assert from 'node:assert/strict';
import { type ActorRef, ActorSystem, dial, type ListeningNode, listen } from '../../../actors/runtime/index.ts';
import { uniform } from '../../random.ts';
import { type Cue, type Line, player, stagehand } from './cast.ts';
import { joinedProcess, type NodeProcess, nextEvent } from './processes.ts';
import { type CuttingProxy, startProxy } from './proxy.ts';
import { cues, DEADLINE, echo, recite, until } from './stages.ts';

/** So long that a busy machine is not taken for a lost one. */
const QUICK = { intervalMs: 100, timeoutMs: 1500 };

describe('A lost node', () => {
  let system: ActorSystem;
  let listening: ListeningNode;
  const started: NodeProcess[] = [];

  beforeEach(async () => {
    system = new ActorSystem({ name: 'director' });
    listening = await listen(system, { softwareVersion: '1', heartbeat: QUICK });
  });
  afterEach(async () => {
    for (const node of started.splice(0)) await node.kill();
    await listening.close();
    await system.stop();
  });

  const join = async (name: string) => {
    const address = `127.0.0.1:${listening.port}`;
    const options = { name, address, softwareVersion: '1', heartbeat: QUICK };
    const { node, peer } = await joinedProcess(system, () => listening.peers(), options);
    started.push(node);
    const hand = peer.actor<Cue>('stagehand');
    return { node, peer, hand, cue: cues(hand) };
  };

  const watchedBy = async (watched: ActorRef<Line>): Promise<ActorRef<Line>> => {
    const watcher = system.spawn(`watcher-${watched.address.path}`, player('watcher'));
    await watcher.ask((replyTo) => ({ kind: 'watch', ref: watched, replyTo }), { deadline: DEADLINE });
    return watcher;
  };

  it('that was killed fails asks and tells, tells watchers, and comes back as another', async () => {
    const first = await join('worker');
    const ref = await first.cue.spawn('player');
    const watcher = await watchedBy(ref);
    const lost = nextEvent(system, 'nodeLost');
    const asked = ref.ask(() => ({ kind: 'keepQuiet' }), { deadline: DEADLINE });
    // The ask is under way when the process dies: an answer to a later one shows that.
    await echo(ref, 1);
    await first.node.kill();
    const told = ref.tell({ kind: 'note', value: 'into the void' });
    await assert.rejects(asked, { name: 'ActorError', code: 'NODE_LOST' });
    await assert.rejects(told, { code: 'NODE_LOST' });
    assert.equal((await lost).node, 'worker');
    await until(async () => (await recite(watcher)).length > 0);
    assert.match(String((await recite(watcher))[0]), /^nodeLost/);

    const second = await join('worker');
    assert.notEqual(second.peer.epoch, first.peer.epoch);
    await second.cue.spawn('player');
    // A reference to the old start never reaches the new one, though names and paths are equal.
    await assert.rejects(ref.tell({ kind: 'note', value: 'for the first' }), { code: 'NODE_LOST' });
    await assert.rejects(first.hand.tell({ kind: 'journal', replyTo: ref as never }), { code: 'NODE_LOST' });
    assert.equal(system.recentDeadLetters().at(-1)!.reason.code, 'NODE_LOST');
    assert.deepEqual(await recite(second.peer.actor<Line>('player')), []);
  });

  it('may be started again at once, without waiting for its loss to be noticed', async () => {
    const first = await join('worker');
    const ref = await first.cue.spawn('player');
    await first.node.kill();
    const second = await join('worker');
    await assert.rejects(ref.tell({ kind: 'keepQuiet' }), { code: 'NODE_LOST' });
    assert.equal(await echo(await second.cue.spawn('player'), 2), 2);
  });

  it('that is stopped for too long is lost to both sides, and begins a new session when it goes on', async () => {
    const { node, cue } = await join('sleeper');
    const ref = await cue.spawn('player');
    const watcher = await watchedBy(ref);
    const lost = nextEvent(system, 'nodeLost');
    node.child.kill('SIGSTOP');
    const asked = ref.ask(() => ({ kind: 'keepQuiet' }), { deadline: DEADLINE });
    await assert.rejects(asked, { code: 'NODE_LOST' });
    await lost;
    await until(async () => (await recite(watcher)).length > 0);
    const again = nextEvent(system, 'nodeJoined');
    node.child.kill('SIGCONT');
    assert.equal((await node.event('nodeLost')).code, 'NODE_LOST');
    await again;
    // It is the same start of the same process, so its actors are the ones they were.
    assert.equal(await echo(ref, 'awake'), 'awake');
  });

  it('that is stopped only briefly is not lost, and nothing that was told meanwhile is', async () => {
    const { node, cue } = await join('sleeper');
    const ref = await cue.spawn('player');
    node.child.kill('SIGSTOP');
    const told = Array.from({ length: 100 }, (_, i) => ref.tell({ kind: 'note', value: i }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    node.child.kill('SIGCONT');
    await Promise.all(told);
    assert.deepEqual(await recite(ref), [...Array(100).keys()]);
    assert.ok(!node.events.some(({ kind }) => kind === 'nodeLost'));
  });
});

describe('A broken connection', () => {
  let there: ActorSystem;
  let here: ActorSystem;
  let listening: ListeningNode;
  let proxy: CuttingProxy;
  const kinds: string[] = [];

  beforeEach(async () => {
    there = new ActorSystem({ name: 'there' });
    here = new ActorSystem({ name: 'here' });
    there.spawn('stagehand', stagehand);
    kinds.length = 0;
    here.subscribe(({ kind }) => kinds.push(kind));
  });
  afterEach(async () => {
    await proxy.close();
    await listening.close();
    await Promise.all([here.stop(), there.stop()]);
  });

  /** Both sides in this process: the connection is real, and that is what these tests break. */
  const connect = async (heartbeat: { intervalMs: number; timeoutMs: number }) => {
    listening = await listen(there, { softwareVersion: '1', heartbeat });
    proxy = await startProxy(listening.port);
    const node = await dial(here, { softwareVersion: '1', address: `127.0.0.1:${proxy.port}`, heartbeat });
    return { node, cue: cues(node.peer.actor('stagehand')) };
  };

  it('is made again, and every message arrives once and in order, in both directions', async () => {
    const seed = Math.floor(Math.random() * 1e9);
    const random = uniform(seed);
    const { node, cue } = await connect({ intervalMs: 50, timeoutMs: 20_000 });
    const [forth, back] = [await cue.spawn('forth'), here.spawn('back', player('back'))];
    const hand = node.peer.actor<Cue>('stagehand');
    const toldBack = hand.ask((replyTo) => ({ kind: 'tellMany', to: back, count: 500, replyTo }), {
      deadline: DEADLINE,
    });
    const told: Promise<void>[] = [];
    for (let cut = 0; cut < 6; cut++) {
      for (let i = 0; i < 100; i++) {
        const bytes = random() < 0.2 ? Math.floor(random() * 1_000_000) : 10;
        told.push(forth.tell({ kind: 'note', value: { i: told.length, data: new Uint8Array(bytes).fill(i) } }));
      }
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      proxy.cut();
      await until(() => kinds.filter((kind) => kind === 'nodeDisconnected').length > cut);
      await until(() => kinds.filter((kind) => kind === 'nodeResumed').length > cut);
    }
    await Promise.all([...told, toldBack]);
    const notes = (await recite(forth)) as { i: number; data: Uint8Array }[];
    assert.deepEqual(
      notes.map(({ i }) => i),
      [...Array(600).keys()],
      `seed ${seed}`,
    );
    assert.ok(
      notes.every(({ i, data }) => data.every((byte) => byte === i % 100)),
      `seed ${seed}`,
    );
    assert.deepEqual(await recite(back), [...Array(500).keys()], `seed ${seed}`);
    assert.ok(!kinds.includes('nodeLost'), `seed ${seed}`);
    await node.close();
  });

  it('does not break an ask or a watch', async () => {
    const { node, cue } = await connect({ intervalMs: 50, timeoutMs: 20_000 });
    const ref = await cue.spawn('player');
    const watcher = here.spawn('watcher', player('watcher'));
    await watcher.ask((replyTo) => ({ kind: 'watch', ref, replyTo }), { deadline: DEADLINE });
    const asked = ref.ask((replyTo) => ({ kind: 'holdAndEcho', gate: 'broken', replyTo }), { deadline: DEADLINE });
    await until(async () =>
      there.metrics().actors.some(({ path, mailboxPeak }) => path === 'player' && mailboxPeak > 0),
    );
    const resumed = nextEvent(here, 'nodeResumed');
    proxy.cut();
    await resumed;
    await cue.open('broken');
    assert.equal(await asked, 'late');
    await cue.stop(ref);
    await until(async () => (await recite(watcher)).length > 0);
    assert.deepEqual(await recite(watcher), ['stopped']);
    await node.close();
  });

  it('that stays broken for too long loses the node on both sides, and a new session begins after it', async () => {
    const { node, cue } = await connect({ intervalMs: 50, timeoutMs: 400 });
    const ref = await cue.spawn('player');
    const lost = Promise.all([nextEvent(here, 'nodeLost'), nextEvent(there, 'nodeLost')]);
    proxy.closed = true;
    proxy.cut();
    const told = ref.tell({ kind: 'note', value: 'never arrives' });
    await assert.rejects(told, { code: 'NODE_LOST' });
    await lost;
    const joined = Promise.all([nextEvent(here, 'nodeJoined'), nextEvent(there, 'nodeJoined')]);
    proxy.closed = false;
    await joined;
    assert.deepEqual(await recite(ref), []);
    await node.close();
  });

  it('by goodbye is told at once to the other side, which then knows no such node', async () => {
    const { node, cue } = await connect({ intervalMs: 50, timeoutMs: 20_000 });
    const ref = await cue.spawn('player');
    const lost = nextEvent(there, 'nodeLost');
    await node.close();
    assert.match((await lost).error.message, /closed/);
    assert.deepEqual(listening.peers(), []);
    await assert.rejects(ref.tell({ kind: 'keepQuiet' }), { code: 'NODE_LOST' });
  });

  it('is not needed for small messages to pass large ones', async () => {
    const { node, cue } = await connect({ intervalMs: 50, timeoutMs: 20_000 });
    const [large, small] = [await cue.spawn('large'), await cue.spawn('small')];
    let arrived = false;
    const told = large.tell({ kind: 'note', value: new Float32Array(16_000_000) }).then(() => {
      arrived = true;
    });
    for (let i = 0; i < 5; i++) assert.equal(await echo(small, i), i);
    assert.ok(!arrived, '64 MB were there before five small round trips were over');
    await told;
    assert.equal(((await recite(large))[0] as Float32Array).length, 16_000_000);
    await node.close();
  });
});
