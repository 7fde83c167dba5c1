/** Maps a stream in order, some of it ahead of what is taken. */
export async function* mapAhead<From, To>(
  items: AsyncIterable<From>,
  count: number,
  action: (item: From) => Promise<To>,
): AsyncGenerator<To> {
  const waiting: Promise<To>[] = [];
  for await (const item of items) {
    const mapped = action(item);
    // Thrown where it is its turn.
    mapped.catch(() => undefined);
    waiting.push(mapped);
    if (waiting.length >= count) yield await waiting.shift()!;
  }
  while (waiting.length > 0) yield await waiting.shift()!;
}
