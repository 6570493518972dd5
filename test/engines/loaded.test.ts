import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { project } from '../docs/pages.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { loadedPackages } from '../lab/loaded-packages.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-loaded-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what is installed', () => {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  /** The packages of a running Holdfast, by folder. */
  const running = Object.entries<Readonly<Record<string, unknown>>>(packages).filter(
    ([name, { dev, devOptional }]) => name !== '' && dev !== true && devOptional !== true,
  );

  test('runs no installation script, except koffi, which looks for its packaged binary', () => {
    const scripts = running.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(scripts.map(([name]) => name)).toEqual(['node_modules/koffi']);
  });

  test('compiles nothing, and has no part of ssh2', () => {
    const names = running.map(([name]) => name.replace(/^.*node_modules\//, ''));
    expect(names).toContain('dockerode');
    expect(
      names.filter((name) => ['nan', 'cpu-features', 'node-gyp', 'node-gyp-build'].includes(name)),
    ).toEqual([]);
    expect(running.filter(([name]) => existsSync(join(project, name, 'binding.gyp')))).toEqual([]);
    const emptied = running.filter(([, { name }]) => name === 'empty-npm-package').map(([name]) => name);
    expect(emptied).toEqual(['node_modules/dockerode/node_modules/@grpc/grpc-js', 'node_modules/ssh2']);
  });
});

test('an engine is asked in a thread: the main one never has dockerode', async () => {
  const socket = join(folder, 'engine.sock');
  const engine = createServer((_, response) => response.end('{"Volumes":[{"Name":"db","Driver":"gold"}]}'));
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  try {
    const script = `
      import { createRequire } from 'node:module';
      const { createAsking } = await import(process.argv[1]);
      const ask = createAsking();
      const volumes = await ask('volumes', process.argv[2], {}, 5000);
      const nobody = await ask('volumes', '/nonexistent.sock', {}, 5000).catch((error) => error.message);
      const [loaded] = Object.keys(createRequire(process.argv[1]).cache).filter((file) => /dockerode/.test(file));
      console.log(JSON.stringify({ volumes, nobody, loaded }));`;
    const built = join(folder, 'aside.mjs');
    await build({
      entryPoints: [join(project, 'src/engines/aside.ts')],
      outfile: built,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['dockerode'],
    });
    copyFileSync(join(dirname(await builtDaemon()), 'ask-worker.js'), join(folder, 'ask-worker.js'));
    // It also shows that the thread keeps no process alive.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      script,
      built,
      socket,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      volumes: [{ name: 'db', driver: 'gold' }],
      nobody: expect.stringContaining('/nonexistent.sock'),
    });
  } finally {
    engine.closeAllConnections();
    engine.close();
  }
});

describeWith({ root: true, programs: ['unshare'] }, 'a daemon', () => {
  test('loads no module of dockerode and gRPC, neither for its start nor for its calls', async () => {
    const { words } = await prepareDaemon(folder);
    const [node = '', ...rest] = words;
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    const child = spawn('unshare', [...alone, node, ...rest], { env });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'exit');
    try {
      await eventually('it serves', async () => said.includes('"listening"'), { evidence: async () => said });
      const command = [...words.slice(1, 2), 'volume'];
      const holdfast = (...more: readonly string[]) =>
        promisify(execFile)(node, [...command, ...more, '--socket', join(folder, 'admin.sock')]);
      await holdfast('create', 'db');
      expect((await holdfast('inspect', 'db')).stdout).toContain('db');
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    const loaded = loadedPackages(folder, dirname(await builtDaemon()));
    expect(loaded).toContain('express');
    expect(loaded.filter((name) => /dockerode|docker-modem|@grpc|protobufjs/.test(name))).toEqual([]);
  });
});
