import { once } from 'node:events';
import { appendFile, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import type { VolumeEvent } from '../../../src/core/volume-event.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lint, valuesOf } from '../../telemetry/metrics/promtool.ts';
import { inContainer, startContainer } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

const parts = { ...realEngine, programs: [...realEngine.programs, 'promtool'] };

describeWith(parts, 'what happened, on a real engine', () => {
  const machine = useMachine({ grace: '2s' });
  const eventsOf = async (volume: string): Promise<readonly VolumeEvent[]> =>
    JSON.parse(await machine().holdfast.command('events', '--volume', volume, '--json')).events;
  const story = async (volume: string) =>
    (await eventsOf(volume)).map(({ what, outcome, asker }) => [
      what,
      outcome,
      asker.process?.command ?? asker.door,
    ]);

  test('is recorded with the caller, across a restart and a kill of the daemon, and after an incomplete line', async () => {
    await createVolume(machine(), 'db');
    await inContainer(machine(), ['db:/d'], 'true');
    await machine().holdfast.stop();
    await machine().holdfast.start();
    await machine().docker('volume', 'rm', 'db');
    const done = [
      ['create', 'ok', 'dockerd'],
      ['mount', 'ok', 'dockerd'],
      ['unmount', 'ok', 'dockerd'],
      ['trash', 'ok', 'daemon'],
      ['remove', 'ok', 'dockerd'],
    ];
    expect(await story('db')).toEqual(done);
    await machine().holdfast.kill();
    await appendFile(`${machine().folder}/state/events.jsonl`, '{"id":"x","time":"2026-');
    await machine().holdfast.start();
    await machine().holdfast.command('volume', 'undelete', 'db');
    expect(await story('db')).toEqual([...done, ['undelete', 'ok', 'daemon'], ['undelete', 'ok', 'node']]);
    expect((await stat(`${machine().folder}/state/events.jsonl`)).mode & 0o777).toBe(0o600);
  });

  test('says why a container did not start', async () => {
    await createVolume(machine(), 'web');
    await machine().namespace.run(
      'mv',
      `${machine().folder}/volumes/web`,
      `${machine().folder}/volumes/moved`,
    );
    await expect(startContainer(machine(), 'web', ['web:/d'])).rejects.toThrow('web');
    const why = await machine().holdfast.command('why', 'web');
    expect(why).toMatch(/^Volume web exists in driver holdfast; it is not mounted on this host/);
    expect(why).toMatch(/\d+ s +mount +holdfast +dockerd \(\d+\) +(unavailable|failed) +Volume web/);
    await machine().namespace.run(
      'mv',
      `${machine().folder}/volumes/moved`,
      `${machine().folder}/volumes/web`,
    );
    await machine().docker('rm', '--force', 'web');
    await machine().docker('volume', 'rm', 'web');
    expect(await machine().holdfast.command('why', 'web')).toMatch(
      /^Volume web was removed from driver holdfast .* `.* volume undelete web --driver holdfast`/,
    );
  });

  test('names the reaper if an Unmount was lost', async () => {
    await createVolume(machine(), 'lost');
    await machine().holdfast.call('VolumeDriver.Mount', { Name: 'lost', ID: 'nobody' });
    await isReleased(machine(), 'lost');
    expect(await story('lost')).toContainEqual(['drop-holder', 'ok', 'daemon']);
  });

  test('is counted by the metrics, which promtool accepts', async () => {
    await createVolume(machine(), 'one');
    await startContainer(machine(), 'task', ['one:/d']);
    const before = await scrape();
    expect(lint(before)).toBe('');
    expect(valuesOf(before, 'holdfast_volumes')).toEqual({ '{driver="holdfast"}': 1 });
    for (const figure of ['staged', 'held', 'in_use'])
      expect([figure, valuesOf(before, `holdfast_volumes_${figure}`)]).toEqual([
        figure,
        { '{driver="holdfast"}': 1 },
      ]);
    await machine().docker('rm', '--force', 'task');
    await machine().holdfast.call('VolumeDriver.Mount', { Name: 'none', ID: 'x' });
    await machine().holdfast.call('VolumeDriver.Mount', { Name: '../x', ID: 'x' });
    await machine().docker('volume', 'rm', 'one');
    const after = await scrape();
    const more = (verb: string, outcome: string) => {
      const series = `{driver="holdfast",verb="${verb}",outcome="${outcome}"}`;
      const [then, now] = [before, after].map(
        (text) => valuesOf(text, 'holdfast_call_duration_seconds_count')[series] ?? 0,
      );
      return (now ?? 0) - (then ?? 0);
    };
    expect(more('unmount', 'ok')).toBe(1);
    expect(more('remove', 'ok')).toBe(1);
    expect(more('mount', 'ok')).toBe(0);
    expect(more('mount', 'not-found')).toBe(1);
    expect(more('mount', 'invalid')).toBe(1);
    expect(valuesOf(after, 'holdfast_volumes_staged')).toEqual({ '{driver="holdfast"}': 0 });
    expect(Object.keys(valuesOf(after, 'holdfast_build_info'))[0]).toContain(process.versions.node);
  });

  const scrape = async (): Promise<string> => {
    const socketPath = `${machine().folder}/admin.sock`;
    const asked = request({ socketPath, path: '/metrics', agent: false }).end();
    const [response]: IncomingMessage[] = await once(asked, 'response');
    if (response?.statusCode !== 200) throw new Error(`status ${response?.statusCode}`);
    return text(response);
  };
});
