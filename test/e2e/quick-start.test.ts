import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { recordingOf, type Shown } from '../lab/recording.ts';
import { describeWith } from '../lab/requirements.ts';
import { realEngine, useMachine } from './use-machine.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
/** The picture of the README is made with `npm run recording`, which sets this to its path. */
const picture = process.env.HOLDFAST_RECORDING;

/** The commands of the README's first example, without their comments. */
function commandsOf(): readonly string[] {
  const [, fence = ''] = /## Quick start.*?```sh\n(docker volume create.*?)```/s.exec(readme) ?? [];
  return fence
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +#.*$/, ''));
}

describeWith(realEngine, "the README's quick start", () => {
  const machine = useMachine();

  /** Runs a command as in a shell in which `docker` is this machine's engine and `holdfast` its command. */
  async function type(command: string): Promise<Shown> {
    const words = wordsOf(command.replace('busybox', 'busybox:test'));
    const [program = '', ...args] = words[0] === 'sudo' ? words.slice(1) : words;
    const output =
      program === 'docker' ? await machine().docker(...args) : await machine().holdfast.command(...args);
    return { command, output };
  }

  test('works exactly as written', async () => {
    const shown: Shown[] = [];
    for (const command of commandsOf()) shown.push(await type(command));
    expect(shown.length).toBeGreaterThan(4);
    const kept = shown
      .filter(({ command }) => command.includes('cat /data/note'))
      .map(({ output }) => output);
    expect(kept).toEqual(['kept', 'kept']);
    if (picture !== undefined) writeFileSync(picture, recordingOf(shown));
  });
});

/** Splits at spaces outside of single quotes. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
