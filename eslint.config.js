// Only what needs types, or what Biome cannot say: Biome has the rest.
import tseslint from 'typescript-eslint';

const timeIsInjected = [
  { name: 'setTimeout', message: 'Time is injected: use ports Timers.' },
  { name: 'setInterval', message: 'Time is injected: use ports Timers.' },
  { name: 'setImmediate', message: 'Time is injected: use ports Timers.' },
];

const clockIsInjected = [
  { object: 'Date', property: 'now', message: 'Time is injected: use ports Clock.' },
  { object: 'performance', property: 'now', message: 'Time is injected: use ports Clock.' },
  { object: 'Math', property: 'random', message: 'Randomness is injected: use ports Random.' },
];

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.cache/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['it', 'describe'] }] },
      ],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
    },
  },
  {
    files: ['src/{core,ports,controller,inspect,speaker}/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...timeIsInjected],
      'no-restricted-properties': ['error', ...clockIsInjected],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
);
