/** Hocuspocus as its guide starts it, without the start screen: node hocuspocus.mjs <peers' folder> <port> */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [peers, port] = process.argv.slice(2);
const { Server } = createRequire(join(peers, 'package.json'))('@hocuspocus/server');
await new Server({ port: Number(port), address: '127.0.0.1', quiet: true }).listen();
