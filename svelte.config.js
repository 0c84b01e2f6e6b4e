import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // The page's security policy allows no inline styles in HTML; Svelte's own transitions use the Web Animations API.
    css: 'external',
  },
  // Libraries written for Svelte 4 carry their own, older component style.
  vitePlugin: {
    dynamicCompileOptions({ filename }) {
      return filename.includes('node_modules') ? { runes: undefined } : undefined;
    },
  },
};
