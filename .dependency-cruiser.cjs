// The arrow table of ARCHITECTURE.md: who may import whom. A room may import only what its row names.
const rooms = {
  'src/core/net': { rooms: [], npm: ['ip-num'] },
  'src/core/bytes': { rooms: [] },
  'src/core/codec': { rooms: ['src/core/net', 'src/core/bytes', 'src/core/codec'], npm: ['@noble/hashes'] },
  'src/core/fsm': { rooms: ['src/core/net', 'src/core/codec', 'src/core/fsm'] },
  'src/core/rib': { rooms: ['src/core/net', 'src/core/bytes', 'src/core/codec'] },
  'src/core/config': { rooms: ['src/core/net'], npm: ['zod'] },
  'src/core/ipam': { rooms: ['src/core/net'] },
  'src/core/placement': { rooms: ['src/core/net', 'src/core/bytes'] },
  'src/ports': { rooms: ['src/core/net'] },
  'src/controller': { rooms: ['src/core/net', 'src/core/config', 'src/core/ipam', 'src/core/placement', 'src/ports'] },
  'src/inspect': {
    rooms: ['src/core/net', 'src/core/config', 'src/core/ipam', 'src/core/placement', 'src/ports', 'src/controller'],
  },
  'src/speaker': { rooms: ['src/core/net', 'src/core/codec', 'src/core/fsm', 'src/core/rib', 'src/ports'] },
  'src/adapters/linux': { rooms: ['src/core/net', 'src/ports'], npm: ['koffi'], node: true },
  'src/adapters/kube': {
    rooms: ['src/core/net', 'src/core/config', 'src/ports'],
    npm: ['@kubernetes/client-node', 'yaml'],
    node: true,
  },
  'src/adapters/grpc': {
    rooms: ['src/core/net', 'src/ports'],
    npm: ['@grpc/grpc-js', '@grpc/proto-loader'],
    node: true,
  },
  'src/adapters/yaml': { rooms: ['src/core/config'], npm: ['yaml'] },
  'src/adapters/telemetry': { rooms: ['src/core/net', 'src/ports'], npm: ['pino', 'prom-client'], node: true },
};

const anchored = (paths) => `^(${paths.join('|')})/`;

const roomRules = Object.entries(rooms).flatMap(([room, may]) => {
  const npm = (may.npm ?? []).map((name) => `^node_modules/${name.replace('/', '\\/')}/`);
  return [
    {
      name: `${room} imports only the rooms of its row`,
      severity: 'error',
      from: { path: anchored([room]) },
      to: { path: '^(src|test|bench|tools)/', pathNot: anchored([room, ...may.rooms]) },
    },
    {
      name: `${room} imports only the packages of its row`,
      severity: 'error',
      from: { path: anchored([room]) },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        ...(npm.length > 0 ? { pathNot: npm } : {}),
      },
    },
    ...(may.node
      ? []
      : [
          {
            name: `${room} imports nothing of Node`,
            severity: 'error',
            from: { path: anchored([room]) },
            to: { dependencyTypes: ['core'] },
          },
        ]),
  ];
});

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nobody imports the composition root',
      severity: 'error',
      from: { path: '^src/(?!cli/)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'the program does not import the lab',
      severity: 'error',
      from: { path: '^src/(?!lab/|cli/)' },
      to: { path: '^src/lab/' },
    },
    { name: 'src does not import tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
    { name: 'everything resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
