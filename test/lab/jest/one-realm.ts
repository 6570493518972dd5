import { runInThisContext } from 'node:vm';

/*
 * Runs before each test file. Jest gives each file its own globals, so Node's errors are not instances of the file's Error. This
 * makes them instances again, so that the code under test can use `instanceof`.
 */

const isInstance = Function.prototype[Symbol.hasInstance];

for (const ours of [Error, AggregateError, RangeError, SyntaxError, TypeError, URIError]) {
  const nodes: unknown = runInThisContext(ours.name);
  Object.defineProperty(ours, Symbol.hasInstance, {
    // For a subclass, `this` is the subclass.
    value(this: unknown, thrown: unknown): boolean {
      return isInstance.call(this, thrown) || (this === ours && isInstance.call(nodes, thrown));
    },
  });
}
