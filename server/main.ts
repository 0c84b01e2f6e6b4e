/** The relay's entry: reads what is wanted, does it, and ends with a code that says how it went. */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { backup, resetAdmin, restore } from './cli';
import { parseCommand, type Config } from './config';
import { messages, qrForTerminal } from './messages';
import { serve } from './serve';

// A console that has gone away (a closed pipe) must not take the relay with it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), process.env);
  if (!command.ok) {
    process.stderr.write(`${messages.badOption(command.error)}\n`);
    return 2;
  }
  switch (command.value.type) {
    case 'help':
      process.stdout.write(messages.help());
      return 0;
    case 'version':
      process.stdout.write(`${packageJson.version}\n`);
      return 0;
    case 'reset-admin':
      return resetAdmin(command.value.config);
    case 'backup':
      return backup(command.value.config, command.value.folder);
    case 'restore':
      return restore(command.value.config, command.value.folder);
    case 'serve':
      return serveUntilStopped(command.value.config);
  }
}

async function serveUntilStopped(config: Config): Promise<number> {
  // beside server/ when run as it is, beside dist/server/ when built
  const appFolder = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../dist/app' : '../app', import.meta.url),
  );
  const log = pino({ level: config.logLevel, base: null }, pino.destination(2));
  const running = await serve(config, appFolder, log);
  if (!running.ok) {
    process.stderr.write(`${running.error}\n`);
    return 1;
  }
  const { address, setupLink, stop } = running.value;
  const stopped = nextSignal();
  process.stdout.write(`${messages.runsAt(address)}\n`);
  if (setupLink !== undefined)
    process.stdout.write(`${messages.setUp(setupLink, qrForTerminal(setupLink))}\n`);

  await stopped;
  process.stdout.write(`${messages.stopping()}\n`);
  void nextSignal().then(() => {
    process.exit(1); // asked twice
  });
  await stop();
  return 0;
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      process.off('SIGTERM', done);
      process.off('SIGINT', done);
      resolve();
    };
    process.on('SIGTERM', done);
    process.on('SIGINT', done);
  });
}

void main().then((code) => {
  process.exit(code);
});
