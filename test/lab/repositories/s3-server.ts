import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { goProgram } from '../go-program.ts';
import { freePort } from '../network/free-port.ts';
import { environment } from '../run.ts';
import { bytesBelow, type RepositoryServer } from './server.ts';

/** A server of S3 that keeps its buckets in a folder, and checks the signature of each request. */
export const versity = goProgram('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');

const [keyId, key] = ['repository-key-id', 'repository-secret-key'];

/** An S3 server on 127.0.0.1 with an empty bucket `my-bucket`. */
export async function startS3Server(): Promise<RepositoryServer> {
  const program = await versity.built();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-s3-'));
  mkdirSync(join(folder, 'my-bucket'));
  const port = await freePort();
  const env = { ...environment(), ROOT_ACCESS_KEY_ID: keyId, ROOT_SECRET_ACCESS_KEY: key };
  let kill = async (): Promise<void> => undefined;
  const start = async (): Promise<void> => {
    const args = ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', folder];
    const child = spawn(program, args, { env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    await eventually('the S3 server listens', () => listens(port));
  };
  await start();
  return {
    url: `s3:http://127.0.0.1:${port}/my-bucket`,
    environment: { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: key },
    secrets: [key],
    stored: () => bytesBelow(folder),
    kill: () => kill(),
    start,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether somebody listens on the port of 127.0.0.1. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
