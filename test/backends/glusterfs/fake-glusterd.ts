import type { FakeServer } from '../../fakes/host/network.ts';
import { record, reply, words } from '../shared/network-share/null-answer.ts';

/** What one glusterd knows. */
export interface FakeGlusterd {
  /** By name of the Gluster volume. */
  readonly volumeFiles: ReadonlyMap<string, string>;
  /** Paths of its running bricks. */
  readonly running: ReadonlySet<string>;
}

/** Answers only GETSPEC and PORTBYBRICK, like glusterd 10.3; the answers were recorded from a real one. */
export function fakeGlusterd(knows: FakeGlusterd): FakeServer {
  return (request) => Buffer.concat(callsIn(Buffer.from(request)).map((call) => answer(call, knows)));
}

/** The volume file of a cluster with these sets of bricks, each `host:path`. */
export function volumeFile(sets: readonly FakeSet[]): string {
  const clients = sets.flatMap(({ bricks }) => bricks);
  const lines = clients.map((brick, index) => {
    const at = brick.lastIndexOf(':');
    return `volume gv0-client-${index}
    type protocol/client
    option ping-timeout 42
    option remote-subvolume ${brick.slice(at + 1)}
    option remote-host ${brick.slice(0, at)}
end-volume
`;
  });
  const named = sets.map((set, number) => ({ ...set, name: `gv0-set-${number}` }));
  const above = named.flatMap(({ name, type, options = [], bricks }) =>
    type === 'alone'
      ? []
      : [
          `volume ${name}
    type cluster/${type}
${options.map((option) => `    option ${option}\n`).join('')}    subvolumes ${bricks.map((brick) => `gv0-client-${clients.indexOf(brick)}`).join(' ')}
end-volume
`,
        ],
  );
  return [
    ...lines,
    ...above,
    'volume gv0\n    type debug/io-stats\n    subvolumes gv0-dht\nend-volume\n',
  ].join('\n');
}

export interface FakeSet {
  readonly type: 'replicate' | 'disperse' | 'alone';
  readonly options?: readonly string[];
  readonly bricks: readonly string[];
}

interface Call {
  readonly id: number;
  readonly program: number;
  readonly args: Buffer;
}

function callsIn(bytes: Buffer): readonly Call[] {
  const calls: Call[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at) & 0x7fff_ffff;
    const body = bytes.subarray(at + 4, at + 4 + length);
    calls.push({ id: body.readUInt32BE(0), program: body.readUInt32BE(12), args: body.subarray(40) });
    at += 4 + length;
  }
  return calls;
}

function answer({ id, program, args }: Call, { volumeFiles, running }: FakeGlusterd): Buffer {
  if (program === 14_398_633) {
    const text = volumeFiles.get(stringAt(args, 4));
    return text === undefined
      ? results(id, words(-1, 2), xdrText(''))
      : results(id, words(text.length, 0), xdrText(text));
  }
  if (program === 34_123_456) {
    return results(id, running.has(stringAt(args, 0)) ? words(0, 0, 0, 56_718) : words(-1, 0, 0, 0));
  }
  // PROG_UNAVAIL
  return reply(id, 1);
}

function results(id: number, ...parts: readonly Buffer[]): Buffer {
  return record(Buffer.concat([words(id, 1, 0, 0, 0, 0), ...parts]));
}

function xdrText(text: string): Buffer {
  return Buffer.concat([words(text.length), Buffer.from(text), Buffer.alloc(-text.length & 3), words(0)]);
}

function stringAt(bytes: Buffer, offset: number): string {
  return bytes.subarray(offset + 4, offset + 4 + bytes.readUInt32BE(offset)).toString();
}
