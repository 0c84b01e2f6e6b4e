/**
 * The floors of the house: imports only go down. `tests/checks/floors.mjs` runs these rules over the code and over a
 * small house full of violations, so that a rule that has stopped catching anything is noticed.
 */
const room = (name) => `^src/${name}/`;
const rooms = (...names) => `^src/(${names.join('|')})/`;

const GROUND = ['lib'];
const WORDS = ['protocol', 'domain'];
const TOOLS = ['crypto', 'vault'];
const RECORDS = ['records'];
const MOVERS = ['sync', 'crdt'];
const ENGINE = ['engine'];

/** `from` may import from its own room and from `below`; everything else in the house is forbidden. */
const onlyDown = (from, below, comment) => ({
  name: `floor-${from}`,
  severity: 'error',
  comment,
  from: { path: room(from) },
  to: { path: '^(src|server|tests)/', pathNot: [from, ...below].map(room) },
});

module.exports = {
  forbidden: [
    onlyDown('lib', [], 'The ground floor stands on nothing.'),
    onlyDown('protocol', GROUND, 'Shared with the relay: knows bytes, not people.'),
    onlyDown('domain', [...GROUND, 'protocol'], 'Types and pure folds.'),
    onlyDown('crypto', [...GROUND, ...WORDS], 'Crypto does not know where things are kept.'),
    onlyDown('vault', [...GROUND, ...WORDS], 'The vault keeps sealed rows and cannot open them.'),
    onlyDown('records', [...GROUND, ...WORDS, ...TOOLS], 'Typed rows: sealed by crypto, kept by the vault.'),
    onlyDown('sync', [...GROUND, ...WORDS, ...TOOLS, ...RECORDS], 'Sync does not know shared documents.'),
    onlyDown('crdt', [...GROUND, ...WORDS, ...TOOLS, ...RECORDS], 'Shared documents do not know sync.'),
    onlyDown('engine', [...GROUND, ...WORDS, ...TOOLS, ...RECORDS, ...MOVERS], 'The engine knows no screen.'),
    onlyDown(
      'ui',
      [...GROUND, ...WORDS, ...TOOLS, ...RECORDS, ...MOVERS, ...ENGINE],
      'The screen of the staff app.',
    ),
    onlyDown(
      'headless',
      [...GROUND, ...WORDS, ...TOOLS, ...RECORDS, ...MOVERS, ...ENGINE],
      'The engine on Node.',
    ),
    {
      name: 'floor-citizen',
      severity: 'error',
      comment: "Citizens' pages stay small: types, protocol, and the one check of a signature.",
      from: { path: room('citizen') },
      to: {
        path: '^(src|server|tests)/',
        pathNot: [room('citizen'), rooms(...GROUND, ...WORDS), '^src/crypto/(signature|ed25519)'],
      },
    },
    onlyDown('sw', [...GROUND, ...WORDS], 'The service worker keeps the shell and nothing else.'),
    {
      name: 'relay-is-blind',
      severity: 'error',
      comment:
        'The server has no code that could read a message: it shares protocol and lib with the devices, nothing else.',
      from: { path: '^server/' },
      to: { path: '^(src|tests)/', pathNot: rooms('protocol', 'lib') },
    },
    {
      name: 'relay-has-no-mls',
      severity: 'error',
      comment: 'The same for packages: nothing that opens envelopes or reads documents.',
      from: { path: '^(server|src/protocol|src/lib)/' },
      to: { path: 'node_modules/(ts-mls|@noble|yjs|y-protocols|y-websocket|dexie|svelte)/' },
    },
    {
      name: 'app-knows-no-server',
      severity: 'error',
      comment: 'Devices and relay meet in the protocol only.',
      from: { path: '^src/' },
      to: { path: '^(server|tests)/' },
    },
    {
      name: 'one-door-to-mls',
      severity: 'error',
      comment: 'ts-mls can be exchanged as long as one file speaks to it.',
      from: { path: '^(src|server)/', pathNot: '^src/crypto/(tsMlsGroup\\.ts$|mls/)' },
      to: { path: 'node_modules/ts-mls/' },
    },
    {
      name: 'mls-stays-inside',
      severity: 'error',
      comment: 'What stands behind the group interface is seen by tsMlsGroup.ts only.',
      from: { path: '^src/', pathNot: '^src/crypto/(tsMlsGroup\\.ts$|mls/)' },
      to: { path: '^src/crypto/mls/' },
    },
    {
      name: 'node-only-on-node',
      severity: 'error',
      comment: 'The app runs in browsers; its headless form may use Node.',
      from: { path: '^src/', pathNot: room('headless') },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two files that need each other are one file. Types may point back.',
      from: { path: '^(src|server)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A file nobody imports is dead, or an entry that is missing here.',
      from: {
        orphan: true,
        path: '^(src|server)/',
        pathNot: [
          '\\.d\\.ts$',
          '^src/ui/main\\.ts$',
          '^src/sw/sw\\.ts$',
          '^src/citizen/main\\.ts$',
          '^server/(main|runRelay|stores/sqliteWorker)\\.ts$',
          '^server/(start|build|keepCompiled)\\.mjs$',
          '\\.worker\\.ts$',
        ],
      },
      to: {},
    },
    {
      name: 'no-guests',
      severity: 'error',
      comment: 'A package that is used is named in package.json with a fixed version.',
      from: { path: '^(src|server)/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        dependencyTypesNot: ['type-only'],
        pathNot: ['^virtual:', '\\?(url|raw|worker)$'],
      },
    },
    {
      name: 'nothing-from-the-workshop',
      severity: 'error',
      comment: 'What runs at the town is a dependency, not a tool.',
      from: { path: '^(src|server)/', pathNot: '^server/build(Relay)?\\.mjs$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-is-there',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: { path: '^(src|server|tests)/' },
      to: { couldNotResolve: true, pathNot: ['^virtual:', '\\?(url|raw|worker)$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'browser', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.svelte', '.svelte.ts', '.d.ts', '.json'],
    },
  },
};
