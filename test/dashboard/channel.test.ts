/** One computation for all who follow, and what they are given when they come back. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Channel, type Source, type Update } from '../../services/dashboard/channel.ts';

class Counter implements Source {
  opened = 0;
  closed = 0;
  value = 0;
  #publish: (update: Update) => void = () => undefined;

  async open(publish: (update: Update) => void): Promise<void> {
    this.opened++;
    this.#publish = publish;
    await turn();
  }

  snapshot(): readonly Update[] {
    return [
      { event: 'first', data: 'half' },
      { event: 'value', data: this.value },
    ];
  }

  close(): void {
    this.closed++;
  }

  next(data: unknown = ++this.value): void {
    this.#publish({ event: 'value', data });
  }
}

class Reader {
  readonly text: string[] = [];
  ended = false;
  send = (frame: Buffer) => void this.text.push(frame.toString());
  end = () => {
    this.ended = true;
  };

  get lastId(): string | undefined {
    return [...this.text.join('').matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }

  get values(): string[] {
    return [...this.text.join('').matchAll(/^event: value\ndata: (.*)$/gm)].map(([, value]) => value!);
  }
}

describe('a channel of the dashboard', () => {
  let source: Counter;
  let channel: Channel;
  beforeEach(() => {
    source = new Counter();
    channel = new Channel(source, () => undefined);
  });
  afterEach(() => channel.close());

  it('opens its source once, and gives everybody what is known and then what changes', async () => {
    const [one, other] = [new Reader(), new Reader()];
    await channel.listen(one);
    source.next();
    await channel.listen(other);
    source.next();
    assert.deepEqual([one.values, other.values, source.opened], [['0', '1', '2'], ['1', '2'], 1]);
  });

  it('gives who comes back what was missed, and nothing twice', async () => {
    const one = new Reader();
    const leave = await channel.listen(one);
    source.next();
    leave();
    source.next();
    source.next();
    const again = new Reader();
    await channel.listen(again, one.lastId);
    assert.deepEqual(
      [one.values, again.values],
      [
        ['0', '1'],
        ['2', '3'],
      ],
    );
  });

  it('gives everything anew to who has missed more than is kept, or knows another start, or nothing that makes sense', async () => {
    const one = new Reader();
    (await channel.listen(one))();
    for (let i = 0; i < 60; i++) source.next('x'.repeat(10_000));
    const other = new Channel(new Counter(), () => undefined);
    for (const [where, id] of [
      [channel, one.lastId],
      [other, one.lastId],
      [channel, '<script>'],
      [channel, `${one.lastId}9999`],
    ] as const) {
      const again = new Reader();
      await where.listen(again, id);
      assert.match(again.text.join(''), /event: first/, id);
    }
    other.close();
  });

  it('counts a snapshot as seen only when all of it was', async () => {
    const reader = new Reader();
    await channel.listen(reader);
    const [first, second] = reader.text.join('').split('\n\n');
    assert.doesNotMatch(first!, /^id:/m);
    assert.match(second!, /^id:/m);
  });

  it('ends its listeners and its source when it is closed', async () => {
    const reader = new Reader();
    await channel.listen(reader);
    channel.close();
    assert.deepEqual([reader.ended, source.closed], [true, 1]);
  });
});
