import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../server/config';

const serveWith = (args: string[], env: Record<string, string> = {}) => {
  const command = parseCommand(args, env);
  if (!command.ok || command.value.type !== 'serve') throw new Error('not serve');
  return command.value.config;
};
const errorOf = (args: string[], env: Record<string, string> = {}): string => {
  const command = parseCommand(args, env);
  return command.ok ? '' : command.error;
};

describe('configuration', () => {
  test('stands without any', () => {
    expect(serveWith([])).toMatchObject({
      host: 'localhost',
      port: 8080,
      behindProxy: false,
      app: true,
      retentionDays: 30,
      logLevel: 'info',
    });
  });

  test('a flag beats its variable; an empty variable is none', () => {
    const env = { DEPESCHE_PORT: '1', DEPESCHE_HOST: '', DEPESCHE_APP: 'off', DEPESCHE_BEHIND_PROXY: '1' };
    expect(serveWith(['--port', '0'], env)).toMatchObject({
      port: 0,
      host: 'localhost',
      app: false,
      behindProxy: true,
    });
    expect(serveWith(['--app'], env).app).toBe(true);
    expect(serveWith(['--no-app']).app).toBe(false);
    expect(serveWith(['--public-url', 'https://d.example/']).publicUrl).toBe('https://d.example');
  });

  test('what is wrong is said in one line', () => {
    expect(errorOf(['--port', 'x'])).toBe('--port: ganze Zahl erwartet');
    expect(errorOf(['--port', '65536'])).toBe('--port: höchstens 65535');
    expect(errorOf([], { DEPESCHE_RETENTION_DAYS: '0' })).toBe('--retention-days: mindestens 1');
    expect(errorOf([], { DEPESCHE_APP: 'maybe' })).toBe('--app: on oder off erwartet');
    expect(errorOf(['--log-level', 'loud'])).toContain('--log-level');
    expect(errorOf(['--public-url', 'ftp://x'])).toContain('http');
    expect(errorOf(['--nonsense'])).toContain('--nonsense');
    expect(errorOf(['dance'])).toContain('dance');
    expect(errorOf(['backup'])).toContain('backup');
    for (const args of [['--port', 'x'], ['--nonsense']]) expect(errorOf(args)).not.toContain('\n');
  });

  test('commands', () => {
    expect(parseCommand(['--help'], {})).toMatchObject({ value: { type: 'help' } });
    expect(parseCommand(['--version'], {})).toMatchObject({ value: { type: 'version' } });
    expect(parseCommand(['reset-admin', '--data', '/tmp/x'], {})).toMatchObject({
      value: { type: 'reset-admin', config: { data: '/tmp/x' } },
    });
    expect(parseCommand(['restore', '/tmp/b'], {})).toMatchObject({
      value: { type: 'restore', folder: '/tmp/b' },
    });
    expect(parseCommand(['backup', '/tmp/b'], {})).toMatchObject({
      value: { type: 'backup', folder: '/tmp/b' },
    });
  });
});
