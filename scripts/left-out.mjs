// What the bundle omits of its packages, for a faster start: each line says why nothing of it is used.
const omitted = [
  // Bodies are read by src/http/read-body.ts.
  [/node_modules\/body-parser\/index\.js$/, 'module.exports = {};'],
  // Answers write their own Content-Type.
  [/node_modules\/mime-db\/(index\.js|db\.json)$/, 'module.exports = {};'],
  // A query is read by node:querystring, and the page sends its files itself.
  [/node_modules\/(qs\/lib\/index|send\/index|serve-static\/index)\.js$/, 'module.exports = {};'],
  // The debug lines of winston itself.
  [/node_modules\/@dabh\/diagnostics\/node\/index\.js$/, 'module.exports = () => () => undefined;'],
  // Messages are in English.
  [/node_modules\/zod\/v4\/locales\/index\.js$/, "export { default as en } from './en.js';"],
];

/** A plugin for esbuild. */
export const leaveOut = {
  name: 'leave-out',
  setup(build) {
    for (const [filter, contents] of omitted) build.onLoad({ filter }, () => ({ contents, loader: 'js' }));
  },
};
