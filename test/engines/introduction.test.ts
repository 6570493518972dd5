import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { introduceDrivers } from '../../src/engines/introduction.ts';
import { runningSockets } from '../../src/engines/life.ts';
import { askHere } from '../../src/engines/questions.ts';
import { eventually } from '../lab/eventually.ts';

/** A busy machine answers late. As in the daemon, the next look begins only after the answer. */
const pace = { look: 400, patience: 350 };
let folder: string;
let introduction: { end(): void } | undefined;
let server: Server | undefined;
let asked: string[];

// Loaded first, because loading takes longer than the answers may take.
beforeAll(() => import('dockerode'));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-introduction-'));
  asked = [];
});
afterEach(() => {
  introduction?.end();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** An engine whose process is the test's own. */
function engine(program = readFileSync('/proc/self/comm', 'utf8').trim()) {
  return { socket: join(folder, 'docker.sock'), pidFile: join(folder, 'docker.pid'), program };
}

function running(text = `${process.pid}\n`): void {
  writeFileSync(join(folder, 'docker.pid'), text);
}

/** `answer`: the status of its answers, or `never`. */
function listen(answer: number | 'never'): Promise<void> {
  const listening = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    if (answer !== 'never') response.writeHead(answer).end('{"Volumes":[],"Warnings":null}');
  });
  server = listening;
  return new Promise((resolve) => listening.listen(join(folder, 'docker.sock'), resolve));
}

/** Waits for the time of three looks. */
const meanwhile = () => sleep(1_200);

describe('a running engine', () => {
  test('is asked for its volumes once', async () => {
    await listen(200);
    running();
    introduction = introduceDrivers(askHere, engine(), pace);
    await eventually('it is asked', async () => asked.length > 0);
    await meanwhile();
    expect(asked).toEqual(['GET /volumes']);
  });

  test('is asked again after a restart, and asked if it starts after us', async () => {
    await listen(200);
    introduction = introduceDrivers(askHere, engine(), pace);
    await meanwhile();
    expect(asked).toEqual([]);
    running();
    await eventually('it is asked', async () => asked.length === 1);
    utimesSync(join(folder, 'docker.pid'), 1, 1);
    await eventually('it is asked again', async () => asked.length === 2);
    await meanwhile();
    expect(asked).toHaveLength(2);
  });

  test('that is starting and does not listen yet is asked later', async () => {
    running();
    introduction = introduceDrivers(askHere, engine(), pace);
    await sleep(50);
    await listen(200);
    await eventually('it is asked', async () => asked.length === 1);
  });

  test.each([['never'], [500]] as const)('that answers %s is asked six times', async (answer) => {
    await listen(answer);
    running();
    introduction = introduceDrivers(askHere, engine(), pace);
    await eventually('it is asked', async () => asked.length === 6);
    await meanwhile();
    expect(asked).toHaveLength(6);
  });
});

describe('no engine is asked', () => {
  test.each([
    ['without a process file', undefined, undefined],
    ['when the file names another program', `${process.pid}\n`, 'dockerd'],
    ['when its process is gone', '4194305\n', undefined],
    ['when the file names no process', '../self\n', undefined],
    ['when the file is empty', '', undefined],
  ])('%s', async (_, text, program) => {
    await listen(200);
    if (text !== undefined) running(text);
    introduction = introduceDrivers(askHere, engine(program), pace);
    await meanwhile();
    expect(asked).toEqual([]);
  });

  test('after the introduction has ended', async () => {
    await listen(200);
    introduction = introduceDrivers(askHere, engine(), pace);
    introduction.end();
    running();
    await meanwhile();
    expect(asked).toEqual([]);
  });
});

const nothingElse = async () => [];

test('other requests do not use the socket of a stopped engine either', async () => {
  const docker = { ...engine(), socket: '/run/docker.sock' };
  expect(await runningSockets(docker, nothingElse)).toEqual(['/run/podman/podman.sock']);
  running();
  expect(await runningSockets(docker, nothingElse)).toEqual(['/run/docker.sock', '/run/podman/podman.sock']);
});
