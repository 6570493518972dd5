// What the bundle omits of its packages, for a faster start: each line says why nothing of it is used.
const omitted = [
  // Bodies are read by src/http/read-body.ts.
  [/node_modules\/body-parser\/index\.js$/, 'module.exports = {};'],
  // Answers write their own Content-Type.
  [/node_modules\/mime-db\/(index\.js|db\.json)$/, 'module.exports = {};'],
  // A query is read by node:querystring, and the page sends its files itself.
  [/node_modules\/(qs\/lib\/index|send\/index|serve-static\/index)\.js$/, 'module.exports = {};'],
  // Express makes its errors only for `response.format`.
  [/node_modules\/http-errors\/index\.js$/, 'module.exports = {};'],
  // The debug lines of winston itself.
  [/node_modules\/@dabh\/diagnostics\/node\/index\.js$/, 'module.exports = () => () => undefined;'],
  // The debug lines of Express and dockerode.
  [/node_modules\/debug\/src\/index\.js$/, 'module.exports = () => () => undefined;'],
  // Warnings about what is obsolete in Express: for each of its files, V8 would look for the lines of the whole bundle.
  [/node_modules\/depd\/index\.js$/, "module.exports = require('./lib/browser/index.js');"],
  // winston's own copy of Node's streams.
  [/node_modules\/readable-stream\/readable\.js$/, "module.exports = require('node:stream');"],
  [
    /node_modules\/readable-stream\/lib\/_stream_writable\.js$/,
    "module.exports = require('node:stream').Writable;",
  ],
  // The log's colours are our own.
  [/node_modules\/logform\/levels\.js$/, 'module.exports = (config) => config;'],
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
