import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { VolumeError } from '../core/volume-error.ts';
import type { Access } from './access.ts';

export interface Question {
  /** `http://…`, `https://…` or `unix:///…`, without a slash at the end. */
  readonly base: string;
  readonly method: 'GET' | 'POST';
  /** Below the base, beginning with a slash. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  /** Where a redirect leads, as it was written. */
  readonly location: string | undefined;
  readonly text: string;
}

/** Milliseconds for one request, whatever the caller's own deadline: many wait for the answer. */
const patience = 5_000;
/** The agents of a large cluster are some megabytes. */
const mostBytes = 64 * 1024 * 1024;

/** Follows no redirect. Rejects with `unavailable` when no whole answer came in time. */
export async function askHttp(question: Question, access: Access, signal: AbortSignal): Promise<Answer> {
  const { base } = question;
  const deadline = AbortSignal.timeout(patience);
  try {
    return await send(question, access, AbortSignal.any([signal, deadline]));
  } catch (error) {
    const words = deadline.aborted ? `no answer within ${patience / 1000} s` : wordsOf(error);
    throw new VolumeError('unavailable', `${base} does not answer: ${words}.`, { cause: error });
  }
}

function send(question: Question, access: Access, signal: AbortSignal): Promise<Answer> {
  const { base, method, path } = question;
  const body = question.body === undefined ? undefined : JSON.stringify(question.body);
  const socket = base.startsWith('unix://') ? base.slice('unix://'.length) : undefined;
  const url = new URL(socket === undefined ? `${base}${path}` : `http://localhost${path}`);
  const options: RequestOptions & Access['tls'] = {
    method,
    signal,
    agent: false,
    ...access.tls,
    ...(socket === undefined ? {} : { socketPath: socket }),
    headers: {
      accept: 'application/json',
      ...(access.authorization === undefined ? {} : { authorization: access.authorization }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const asked = request(url, options, (response) => {
      read(response).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    chunks.push(part);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, location: response.headers.location, text };
}

export function wordsOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  const words = String(error.message);
  // An AggregateError of several addresses has none of its own.
  return words === '' && 'code' in error ? String(error.code) : words;
}
