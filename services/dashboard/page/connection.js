/** Follows a stream of events, and says how the connection is. */
import { byId, setText } from './dom.js';

/** Milliseconds without a sign of life after which a connection is given up; the server sends one every 10 s. */
const SILENCE = 35_000;
/** Milliseconds until a stream that the browser has given up is asked for again. */
const AGAIN = 3000;

const TEXTS = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Connection lost, trying again',
};

/**
 * @param handlers by the events' names, each given the data
 * @param onRefused told that the server answers, but has no such stream
 */
export function follow(url, handlers, onRefused = () => undefined) {
  let source;
  let watchdog;
  const show = (state) => {
    const line = byId('connection');
    line.dataset.state = state;
    setText(line, TEXTS[state]);
  };
  const alive = () => {
    show('live');
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      show('lost');
      connect();
    }, SILENCE);
  };
  const connect = () => {
    source?.close();
    source = new EventSource(url);
    source.addEventListener('open', alive);
    source.addEventListener('beat', alive);
    source.addEventListener('error', () => {
      show('lost');
      // Otherwise the browser tries again by itself, and says what it has seen last.
      if (source.readyState !== EventSource.CLOSED) return;
      onRefused();
      setTimeout(connect, AGAIN);
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        alive();
        handle(JSON.parse(event.data));
      });
    }
  };
  connect();
  // A page that comes back from the browser's memory has no connection any more.
  addEventListener('pageshow', (event) => event.persisted && connect());
  addEventListener('pagehide', () => source.close());
}

/** JSON, or what to tell a person. */
export async function ask(url) {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  const body = await response.json();
  if (!response.ok) throw new Error(body.message ?? `The server answered ${response.status}.`);
  return body;
}
