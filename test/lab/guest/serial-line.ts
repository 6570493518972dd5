import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { Answer } from '../network/unix-http.ts';

/** A report of the agent in the guest about a request; see agent.mjs. */
export interface Report {
  readonly id?: number;
  readonly ready?: true;
  readonly pid?: number;
  readonly ended?: { readonly exitCode: number | null; readonly signal: string | null };
  readonly answer?: Answer;
  /** Why the request failed. */
  readonly failed?: string;
}

/** A request and what the agent reports of it. */
export interface Conversation {
  readonly id: number;
  /** The first matching report; rejects if the request failed or the guest is switched off. */
  until<T>(fits: (report: Report) => T | undefined): Promise<T>;
}

/** The serial line to a guest's agent. */
export interface SerialLine {
  ask(request: Readonly<Record<string, unknown>>): Conversation;
  /** Sends a request without reports. */
  tell(request: Readonly<Record<string, unknown>>): void;
  /** Resolves when the agent is ready; rejects if the guest ends before, or after `time` milliseconds. */
  ready(time: number): Promise<true>;
}

export function createSerialLine(stream: Duplex): SerialLine {
  const greeting = createTalk(0);
  const conversations = new Map<number, Talk>([[0, greeting]]);
  let last = 0;
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => {
    // The echo and the kernel's messages come first.
    if (!line.startsWith('{')) return;
    const report: Report = JSON.parse(line);
    conversations.get(report.id ?? 0)?.hear(report);
    if (isOver(report)) conversations.delete(report.id ?? 0);
  });
  // A power failure breaks it; the close event handles that.
  for (const broken of [stream, lines]) broken.on('error', () => {});
  stream.on('close', () => {
    for (const talk of conversations.values()) talk.hear({ failed: 'The guest is switched off.' });
    conversations.clear();
  });
  const tell = (request: Readonly<Record<string, unknown>>) => {
    if (stream.destroyed) throw new Error('The guest is switched off.');
    stream.write(`${JSON.stringify(request)}\n`);
  };
  return {
    tell,
    ready: (time) => within(time, greeting, (report) => report.ready),
    ask(request) {
      last += 1;
      const talk = createTalk(last);
      conversations.set(last, talk);
      tell({ ...request, id: last });
      return talk;
    },
  };
}

/** How often progress is looked for within the time. */
const looks = 20;

/**
 * Rejects if the report does not come within this many milliseconds. `progress`: something that changes while there is progress;
 * then the limit is for the time without a change.
 */
export async function within<T>(
  time: number,
  conversation: Conversation,
  fits: (report: Report) => T | undefined,
  progress: () => unknown = () => undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (seen: unknown, left: number) => {
      timer = setTimeout(() => {
        const now = progress();
        if (now !== seen) wait(now, looks);
        else if (left > 1) wait(now, left - 1);
        else reject(new Error(`No answer of the guest within ${time} ms.`));
      }, time / looks);
    };
    wait(progress(), looks);
  });
  return Promise.race([conversation.until(fits), late]).finally(() => clearTimeout(timer));
}

function isOver(report: Report): boolean {
  return report.ended !== undefined || report.answer !== undefined || report.failed !== undefined;
}

interface Talk extends Conversation {
  hear(report: Report): void;
}

function createTalk(id: number): Talk {
  const reports: Report[] = [];
  const listeners = new Set<(report: Report) => void>();
  return {
    id,
    hear(report) {
      reports.push(report);
      for (const listener of [...listeners]) listener(report);
    },
    until: (fits) =>
      new Promise((resolve, reject) => {
        const listen = (report: Report) => {
          const found = fits(report);
          if (found !== undefined) resolve(found);
          else if (report.failed !== undefined) reject(new Error(report.failed));
          else return;
          listeners.delete(listen);
        };
        listeners.add(listen);
        reports.forEach(listen);
      }),
  };
}
