import { wordsOf } from '../../core/error-words.ts';
import type { Network } from '../../host/host.ts';
import { errnoOf } from '../shared/storage-errors.ts';
import { glusterdPort, type Question } from './glusterd.ts';

/** How a glusterd reacted to a question. `mute`: connections are accepted and closed, as by a glusterd that wants TLS. */
export type Reaction<T> =
  | { readonly kind: 'answers'; readonly answer: T }
  | { readonly kind: 'mute' | 'refused' | 'unreachable' | 'no-reply'; readonly words: string };

export type ReactionKind = Reaction<unknown>['kind'];

/** Errors of connect(2); ENOTFOUND: the name has no address. */
const kinds: ReadonlyMap<string, 'refused' | 'no-reply' | 'mute'> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'no-reply'],
  ['ECONNRESET', 'mute'],
  ['EPIPE', 'mute'],
  ['EMSGSIZE', 'mute'],
]);

/** Never rejects. */
export async function askGlusterd<T>(
  network: Network,
  host: string,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Reaction<T>> {
  const { request, isWhole, read } = question;
  try {
    const answer = await network.ask({ host, port: glusterdPort }, request, isWhole, signal);
    return { kind: 'answers', answer: read(answer) };
  } catch (error) {
    return { kind: kinds.get(errnoOf(error) ?? '') ?? 'unreachable', words: wordsOf(error) };
  }
}
