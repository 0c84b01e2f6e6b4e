import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Components are seen only by the floor that draws. dependency-cruiser misses type-only imports of them. */
const noComponents = {
  group: ['*.svelte', '**/*.svelte', '*.svelte.ts', '**/*.svelte.ts', '*.svelte.js'],
  message: 'Only src/ui and src/citizen know components.',
};

export default defineConfig(
  globalIgnores(['node_modules', 'dist', 'data', 'coverage', 'test-results', '.cache']),
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs['flat/recommended'],
  prettier,
  svelte.configs['flat/prettier'],
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'svelte.config.js'] },
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-script-url': 'error',
      // The compiler knows the globals of each floor better than a list.
      'no-undef': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'A union of literals instead.' },
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Content never becomes code.' },
        { selector: "MemberExpression[property.name='outerHTML']", message: 'Content never becomes code.' },
        {
          selector: "CallExpression[callee.property.name='insertAdjacentHTML']",
          message: 'Content never becomes code.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-base-to-string': [
        'error',
        { ignoredTypeNames: ['Error', 'RegExp', 'URL', 'YText', 'Text'] },
      ],
      // `() => stop()` is how callbacks read here.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Wrong after every await and callback: the compiler forgets that others may have changed the value.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `parse<Brand>(bytes): Brand` is how outside input gets its brand.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Bytes, hex and test words: no emojis to break.
      '@typescript-eslint/no-misused-spread': 'off',
      // An interface may promise more than one of its adapters needs.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'server/**/*.ts'],
    ignores: ['src/ui/**', 'src/citizen/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [noComponents] }] },
  },
  {
    // Time and chance are passed in, or no run could be repeated.
    files: ['src/{lib,protocol,domain,vault,records,sync,crdt,engine}/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock (lib/services).' },
        { object: 'Math', property: 'random', message: 'Take a RandomSource (lib/services).' },
        { object: 'crypto', property: 'getRandomValues', message: 'Take a RandomSource (lib/services).' },
      ],
    },
  },
  {
    // The DOM's types give every IndexedDB request as `any`; what comes out is sealed bytes, checked on opening.
    files: ['src/vault/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-argument': 'off' },
  },
  { files: ['src/**/*.ts', 'src/**/*.svelte'], rules: { 'no-console': 'error' } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts', '**/*.svelte.js'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      'svelte/no-inline-styles': 'off',
      'svelte/require-each-key': 'error',
      'svelte/button-has-type': 'error',
      // Takes the words of the reason behind an ignore for names of warnings; svelte-check sees unused ones.
      'svelte/no-unused-svelte-ignore': 'off',
      // State classes keep plain maps on purpose and say what is reactive with `$state`.
      'svelte/prefer-svelte-reactivity': 'off',
      // `void value` is how an effect says what it depends on.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      'svelte/no-target-blank': 'error',
      // Hash routes by svelte-spa-router; this rule is about SvelteKit.
      'svelte/no-navigation-without-resolve': 'off',
      // Events of the DOM answer with promises nobody waits for.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // Values bound to template types come through Svelte's generated types.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      'no-script-url': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['**/*.config.{js,ts}', '.size-limit.mjs'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    ignores: ['**/*.svelte.js'],
    extends: [ts.configs.disableTypeChecked],
  },
);
