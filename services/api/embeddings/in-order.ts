/**
 * Works on several things at once, and gives the answers in the order of the things.
 * @param atOnce that are under way; what comes after them is not asked for before the first of them is taken
 */
export async function* inOrder<Item, Answer>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Answer>,
  atOnce: number,
): AsyncGenerator<Answer> {
  const iterator = items[Symbol.asyncIterator]();
  const underWay: Promise<Answer>[] = [];
  let coming: Promise<IteratorResult<Item>> | undefined = iterator.next();
  try {
    while (coming || underWay.length > 0) {
      const [oldest] = underWay;
      // An answer that is ready goes out, also while the next thing is long in coming.
      const next: IteratorResult<Item> | undefined =
        coming && underWay.length < atOnce
          ? await Promise.race([coming, ...(oldest ? [oldest.then(ready, ready)] : [])])
          : undefined;
      if (next === undefined) {
        yield await underWay.shift()!;
        continue;
      }
      if (next.done) {
        coming = undefined;
        continue;
      }
      const answer = work(next.value);
      // Whoever awaits it hears of a failure; until then it must not count as unhandled.
      answer.catch(() => undefined);
      underWay.push(answer);
      coming = iterator.next();
    }
  } finally {
    coming?.catch(() => undefined);
    // Not awaited: a thing that is still to come would keep it waiting, and nobody wants it any more.
    iterator.return?.().catch(() => undefined);
  }
}

function ready(): undefined {
  return undefined;
}
