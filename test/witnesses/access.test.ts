import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCredentials } from '../../src/witnesses/access.ts';
import { useMesos } from '../lab/mesos/use-cluster.ts';
import { makeCertificates } from '../lab/network/certificates.ts';
import { describeWith } from '../lab/requirements.ts';
import { live, machineA, saidBy, witnessOf } from './witness-parts.ts';

const startMesos = useMesos();
const accounts = { basic: { holdfast: 's3cr:et' }, bearer: { 'eyJ.t0ken': 'holdfast' } };
let folder = '';
let credentialsFile = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-access-'));
  credentialsFile = join(folder, 'credentials');
});
afterEach(() => rm(folder, { recursive: true }));

async function clusterWithAgent(parts: Parameters<typeof startMesos>[0] = { accounts }) {
  const mesos = await startMesos(parts);
  mesos.addAgent({ hostname: '10.0.0.5' });
  return mesos;
}

describe('credentials', () => {
  test.each([
    ['the form of Mesos', '{"principal": "holdfast", "secret": "s3cr:et"}\n'],
    ['a token', '{"token": "eyJ.t0ken"}'],
    ['a header', 'Bearer eyJ.t0ken\n'],
  ])('in %s open the master', async (_, text) => {
    const mesos = await clusterWithAgent();
    await writeFile(credentialsFile, text);
    expect(await saidBy(witnessOf(mesos, { credentialsFile }))).toBe('alive');
  });
  test('are read at each use, because they may be renewed', async () => {
    const mesos = await clusterWithAgent();
    const witness = witnessOf(mesos, { credentialsFile });
    await writeFile(credentialsFile, 'Bearer expired');
    expect(await saidBy(witness)).toBe('silent');
    await writeFile(credentialsFile, 'Bearer eyJ.t0ken');
    expect(await saidBy(witness)).toBe('alive');
  });
  test.each(['{"principal": "holdfast", "secret": "wr0ng"}', 'Bearer wr0ng', 'Basic wr0ng'])(
    'that are wrong are reported as wrong, and never shown: %s',
    async (text) => {
      const mesos = await clusterWithAgent();
      await writeFile(credentialsFile, text);
      const said = witnessOf(mesos, { credentialsFile }).ask(machineA, live);
      await expect(said).rejects.toThrow(/refuses the credentials \(401\)/);
      await expect(said).rejects.not.toThrow('wr0ng');
    },
  );
  test('that are missing are an error with the path', async () => {
    const mesos = await clusterWithAgent();
    await expect(witnessOf(mesos).ask(machineA, live)).rejects.toThrow('refuses the credentials (401)');
    await expect(witnessOf(mesos, { credentialsFile }).ask(machineA, live)).rejects.toThrow(
      `The file ${credentialsFile} cannot be read (ENOENT): check its path and mode.`,
    );
  });
  test.each([
    '',
    'hunter2',
    '{"principal": "x"}',
    '{"secret": "hunter2"',
    'Bearer hunter2\nX-Injected: 1',
    '{"token": "hunter2\\n"}',
  ])('in an unsupported format are refused, and the error does not quote them: %j', (text) => {
    let message = '';
    try {
      parseCredentials(text, '/etc/holdfast/mesos');
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('The credentials in /etc/holdfast/mesos are not in a supported format');
    expect(message).not.toContain('hunter2');
  });
});

describeWith({ programs: ['openssl'] }, 'TLS', () => {
  test('with a private CA is trusted only if that CA is configured', async () => {
    const { ca, remove, ...tls } = await makeCertificates();
    try {
      const mesos = await clusterWithAgent({ tls, masters: 2, accounts });
      await writeFile(credentialsFile, 'Bearer eyJ.t0ken');
      const follower = [mesos.master(1).url];
      expect(await saidBy(witnessOf(mesos, { tls: { ca }, credentialsFile, addresses: follower }))).toBe(
        'alive',
      );
      await expect(witnessOf(mesos, { credentialsFile }).ask(machineA, live)).rejects.toThrow(/certificate/);
      const plain = await clusterWithAgent();
      mesos.master(1).fault = { elsewhere: plain.master(0).url };
      const led = witnessOf(mesos, { tls: { ca }, credentialsFile, addresses: follower });
      await expect(led.ask(machineA, live)).rejects.toThrow('does not use TLS');
      expect(plain.master(0).requests).toEqual([]);
    } finally {
      await remove();
    }
  });
});
