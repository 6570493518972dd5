// Runs in a guest and talks over its serial line: each line is a request or report in JSON. A hung mount must never hang the
// agent, so it opens only the files for programs' output, which are on the machine.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { ReadStream, WriteStream } from 'node:tty';

const running = new Map();
const line = new WriteStream(0);
const report = (message) => line.write(`${JSON.stringify(message)}\n`);

const operations = {
  run({ id, program, args, env, cwd, stdin, stdout, stderr }) {
    const files = [openSync(stdin, 'r'), openSync(stdout, 'a'), openSync(stderr, 'a')];
    const child = spawn(program, args, {
      stdio: files,
      env: { ...process.env, ...env },
      cwd,
      detached: true,
    });
    files.forEach(closeSync);
    child.on('error', (error) => report({ id, failed: error.message }));
    child.on('spawn', () => {
      running.set(id, child);
      report({ id, pid: child.pid });
    });
    child.on('exit', (exitCode, signal) => {
      running.delete(id);
      report({ id, ended: { exitCode, signal } });
    });
  },
  signal({ run, signal }) {
    running.get(run)?.kill(signal);
  },
  post({ id, socketPath, path, body }) {
    const headers = { Host: 'localhost', 'Content-Type': 'application/json' };
    const call = request({ socketPath, path, method: 'POST', headers, agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        report({ id, answer: { status: response.statusCode, body: Buffer.concat(chunks).toString() } });
      });
    });
    call.on('error', (error) => report({ id, failed: error.message }));
    call.end(body);
  },
};

createInterface({ input: new ReadStream(0) }).on('line', (text) => {
  const { operation, ...details } = JSON.parse(text);
  try {
    operations[operation](details);
  } catch (error) {
    report({ id: details.id, failed: error.message });
  }
});
report({ ready: true });
