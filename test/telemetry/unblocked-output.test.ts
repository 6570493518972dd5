import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { passedOn, unblockedOutput } from '../../src/telemetry/unblocked-output.ts';
import { eventually } from '../lab/eventually.ts';

let folder: string;
let opened: number[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-output-'));
  opened = [];
});
afterEach(() => {
  for (const descriptor of opened) closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

const usual = new Writable({ write: (_, __, done) => done() });
const line = `${'x'.repeat(999)}\n`;

function open(path: string, flags: number): number {
  const descriptor = openSync(path, flags);
  opened.push(descriptor);
  return descriptor;
}

/** A named pipe, whose reader comes and goes. */
function pipe() {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reading = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const reader = reading();
  return { reader, reading, writer: open(path, constants.O_WRONLY) };
}

function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(1024 * 1024);
  let text = '';
  try {
    for (let length = 1; length > 0; ) {
      length = readSync(descriptor, buffer);
      text += buffer.toString('utf8', 0, length);
    }
  } catch {
    // There is nothing more to read now.
  }
  return text;
}

describe('an output that does not block', () => {
  test('buffers in order while a pipe is full, and writes when somebody reads', async () => {
    const { reader, writer } = pipe();
    opened.push(reader);
    const output = unblockedOutput(writer, () => usual);
    for (let index = 0; index < 300; index += 1) output.write(`${index} ${line}`);
    expect(output.writableLength).toBeGreaterThan(200_000);
    let text = '';
    await eventually('all of it came', async () => {
      text += readAll(reader);
      return output.writableLength === 0;
    });
    text += readAll(reader);
    expect(text.split('\n').slice(0, -1)).toEqual(
      Array.from({ length: 300 }, (_, index) => `${index} ${line.trimEnd()}`),
    );
  });

  test('survives the reader of a pipe, and continues with the next one', async () => {
    const { reader, reading, writer } = pipe();
    const output = unblockedOutput(writer, () => usual);
    closeSync(reader);
    output.write('kept\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(output.writableLength).toBe(5);
    const next = reading();
    opened.push(next);
    await passedOn([output], 5_000);
    expect(readAll(next)).toBe('kept\n');
  });

  test('buffers while the disk is full', async () => {
    const output = unblockedOutput(open('/dev/full', constants.O_WRONLY), () => usual);
    output.on('error', () => expect('an error').toBe('none'));
    output.write(line);
    output.write(line);
    await passedOn([output], 100);
    expect(output.writableLength).toBe(2000);
  });

  test('appends to a file, even if two outputs write to it', async () => {
    const path = join(folder, 'log');
    const file = open(path, constants.O_WRONLY | constants.O_CREAT);
    const outputs = [unblockedOutput(file, () => usual), unblockedOutput(file, () => usual)];
    for (const output of outputs) output.write('one\n');
    await passedOn(outputs, 5_000);
    for (const output of outputs) output.write('two\n');
    await passedOn(outputs, 5_000);
    expect(readFileSync(path, 'utf8')).toBe('one\none\ntwo\ntwo\n');
  });

  test('is written into a file after what the shell wrote, and is not written over by it', async () => {
    const path = join(folder, 'log');
    const file = open(path, constants.O_WRONLY | constants.O_CREAT);
    writeSync(file, 'before\n');
    const output = unblockedOutput(file, () => usual);
    output.write('last words\n');
    await passedOn([output], 5_000);
    writeSync(file, 'after\n');
    expect(readFileSync(path, 'utf8')).toBe('before\nlast words\nafter\n');
  });

  test("is Node's stream if the output cannot be opened again", () => {
    expect(unblockedOutput(99_999, () => usual)).toBe(usual);
  });
});
