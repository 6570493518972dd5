import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { wordsOf } from '../core/error-words.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Access } from './access.ts';

export interface Question {
  /** `http://…`, `https://…` or `unix:///…`, without a slash at the end. */
  readonly base: string;
  readonly method: 'GET' | 'POST';
  /** Appended to the base; begins with a slash. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

export interface Answer {
  readonly status: number;
  /** The Location header as received. */
  readonly location: string | undefined;
  readonly text: string;
}

/** Milliseconds for one request, even if the caller's deadline is later: others wait for the answer. */
const patience = 5_000;
/** The agent list of a large cluster has some megabytes. */
const mostBytes = 64 * 1024 * 1024;

/** Sends one request. Does not follow redirects. Rejects with `unavailable` if no complete response arrives in time. */
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
