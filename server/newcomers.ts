/**
 * TCP connections that have not asked for anything yet. Nobody honest is one for long, and whoever opens
 * many and stays silent costs the oldest of these, never those who are served.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function boundNewcomers(server: Server, most: number): void {
  const newcomers = new Set<Socket>();
  const known = ({ socket }: { readonly socket: Socket }): void => {
    newcomers.delete(socket);
  };
  server.on('connection', (socket: Socket) => {
    newcomers.add(socket);
    socket.once('close', forget);
    if (newcomers.size <= most) return;
    for (const oldest of newcomers) {
      newcomers.delete(oldest);
      oldest.destroy();
      return;
    }
  });
  server.on('request', known);
  server.on('upgrade', known);

  function forget(this: Socket): void {
    newcomers.delete(this);
  }
}
