import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Writes a byte again and again, and prints the longest time between two writes, in milliseconds, for each line that it reads. */
const writer = `
const fd = require('node:fs').openSync(process.argv[1], 'w');
let longest = 0;
let last = performance.now();
const write = () => {
  for (let i = 0; i < 50; i += 1) {
    require('node:fs').writeSync(fd, 'x', 0);
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  setImmediate(write);
};
process.stdin.on('data', () => { console.log(longest); longest = 0; });
process.stdin.on('end', () => process.exit());
write();`;

export interface Staller {
  /** The longest time that the writer had to wait since the last call, in milliseconds. */
  longest(): Promise<number>;
  end(): Promise<void>;
}

/** A process that writes to the file on another core than the benchmark. */
export function startWriting(file: string): Staller {
  const child = spawn('taskset', ['-c', '1', process.execPath, '-e', writer, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async longest() {
      const answer = once(lines, 'line');
      child.stdin.write('\n');
      return Number((await answer)[0]);
    },
    async end() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
