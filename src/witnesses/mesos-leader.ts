import { VolumeError } from '../core/volume-error.ts';
import type { Access } from './access.ts';
import { type Answer, askHttp, wordsOf } from './ask-http.ts';
import { getMaster, readAnswer } from './mesos-answers.ts';

export interface Leader {
  readonly base: string;
  readonly id: string;
  /** Milliseconds since the epoch; undefined when it does not tell. */
  readonly electedAt: number | undefined;
}

/** From a master to the leader it names, and from there to the one that has just been elected. */
const mostRedirects = 3;

/**
 * The master that all which answer take for the leader. Each is asked: two leaders mean that one of them lies, or does not
 * know yet that it no longer leads. Throws `unavailable` when there is none, or more than one.
 */
export async function findLeader(
  addresses: readonly string[],
  access: Access,
  signal: AbortSignal,
): Promise<Leader> {
  const asked = await Promise.allSettled(addresses.map((base) => follow(base, access, signal)));
  const found = new Map<string, Leader>();
  for (const outcome of asked) if (outcome.status === 'fulfilled') found.set(outcome.value.id, outcome.value);
  const [leader, ...others] = found.values();
  if (leader === undefined) {
    const reasons = asked.flatMap((outcome) =>
      outcome.status === 'rejected' ? [wordsOf(outcome.reason)] : [],
    );
    throw new VolumeError('unavailable', `No Mesos master leads: ${[...new Set(reasons)].join(' ')}`);
  }
  if (others.length === 0) return leader;
  const bases = [...found.values()].map(({ base }) => base).join(' and ');
  throw new VolumeError('unavailable', `The Mesos masters ${bases} both say that they lead.`);
}

async function follow(first: string, access: Access, signal: AbortSignal): Promise<Leader> {
  const visited = [first];
  let base = first;
  for (;;) {
    const answer = await callMaster(base, { type: 'GET_MASTER' }, access, signal);
    if (answer.status !== 307) return readLeader(base, refuseFailure(answer, base));
    base = redirected(base, answer);
    if (visited.includes(base) || visited.length > mostRedirects)
      throw new VolumeError(
        'unavailable',
        `The Mesos master ${first} leads to no leader (${[...visited, base].join(' → ')}).`,
      );
    visited.push(base);
  }
}

/** One call of the v1 operator API. */
export function callMaster(base: string, body: object, access: Access, signal: AbortSignal): Promise<Answer> {
  return askHttp({ base, method: 'POST', path: '/api/v1', body }, access, signal);
}

/** The answer when it is a 200. */
export function refuseFailure(answer: Answer, base: string): Answer {
  if (answer.status === 200) return answer;
  throw new VolumeError('unavailable', `The Mesos master ${base} ${failureWords(answer)}.`);
}

/** What a refusal means, with the master's own words. */
export function failureWords({ status, text }: Answer): string {
  const own = text.trim().split('\n')[0]?.slice(0, 300) ?? '';
  const said = own === '' ? '' : `: ${own}`;
  if (status === 401) return 'refuses the credentials (401)';
  if (status === 403) return `does not allow it to this principal (403)${said}`;
  if (status === 307) return 'no longer leads (307)';
  if (status === 503) return `is not ready (503)${said}`;
  return `answered ${status}${said}`;
}

function readLeader(base: string, answer: Answer): Leader {
  const { master_info, elected_time } = readAnswer(
    getMaster,
    answer,
    'GET_MASTER',
    `The Mesos master ${base}`,
  ).get_master;
  return {
    base,
    id: master_info.id,
    electedAt: elected_time === undefined ? undefined : elected_time * 1000,
  };
}

/** Mesos writes `//host:port/…`: as secure as the question was. Credentials never go from TLS to a plain connection. */
function redirected(base: string, { location }: Answer): string {
  const target = URL.canParse(location ?? '', base) ? new URL(location ?? '', base) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol))
    throw new VolumeError(
      'unavailable',
      `The Mesos master ${base} leads nowhere (Location: ${location ?? 'none'}).`,
    );
  if (base.startsWith('https:') && target.protocol !== 'https:')
    throw new VolumeError(
      'unavailable',
      `The Mesos master ${base} leads to ${target.origin}, which is not secured by TLS.`,
    );
  return target.origin;
}
