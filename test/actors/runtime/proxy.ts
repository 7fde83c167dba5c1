/** A TCP proxy that can break what goes through it. */
import net from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** Breaks every connection that there is, with whatever is under way in it. */
  cut(): void;
  /** While closed, new connections break at once. */
  closed: boolean;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((inside) => {
    if (proxy.closed) return inside.destroy();
    const outside = net.connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(socket);
      // Otherwise each small write waits for the acknowledgement of the one before.
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: CuttingProxy = {
    port: (server.address() as net.AddressInfo).port,
    closed: false,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      proxy.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
