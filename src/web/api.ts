import { field, type Json, listField, textField } from '../core/json.ts';

/** Why there is no answer. `refused`: wrong token. */
type Untold = { readonly kind: 'refused' } | { readonly kind: 'failed'; readonly reason: string };
export type Asked = { readonly kind: 'told'; readonly answer: Json } | Untold;

/** GET requests of the admin API. They never reject. */
export interface Daemon {
  ask(path: string, signal: AbortSignal): Promise<Asked>;
  /** The items of an answer that is one list, in portions as they arrive, so that the browser stays responsive. */
  items(
    path: string,
    signal: AbortSignal,
    take: (items: readonly Json[]) => void,
  ): Promise<Untold | { readonly kind: 'all' }>;
}

/** An empty token is not sent. */
export function createDaemon(token: string): Daemon {
  const headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
  const get = (path: string, signal: AbortSignal) => fetch(path, { headers, signal, credentials: 'omit' });
  return {
    async ask(path, signal) {
      try {
        const response = await get(path, signal);
        return response.status === 401 ? { kind: 'refused' } : read(response.status, await response.json());
      } catch (thrown) {
        return failed(thrown);
      }
    },
    async items(path, signal, take) {
      try {
        const response = await get(path, signal);
        if (response.status === 401) return { kind: 'refused' };
        if (response.ok && response.body !== null) return await readItems(response.body, take);
        const asked = read(response.status, await response.json());
        return asked.kind === 'told' ? { kind: 'failed', reason: 'it sent no list' } : asked;
      } catch (thrown) {
        return failed(thrown);
      }
    },
  };
}

function failed(thrown: unknown): Untold {
  return { kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** Verdicts such as `/health/ready` answer with the status 503. */
function read(status: number, answer: Json): Asked {
  const error = field(answer, 'error');
  if (status < 400 || (status === 503 && error === undefined)) return { kind: 'told', answer };
  return { kind: 'failed', reason: textField(error, 'message') || `status ${status}` };
}

/** The daemon sends a long list with one item a line, and a short one as a single line. */
async function readItems(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (items: readonly Json[]) => void,
): Promise<Untold | { readonly kind: 'all' }> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let isShort = true; ; ) {
    const { done, value } = await reader.read();
    if (done) {
      if (isShort) take(onlyList(JSON.parse(rest)));
      return isShort || rest === ']}' ? { kind: 'all' } : { kind: 'failed', reason: 'the list was cut off' };
    }
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    // The first line has the name of the list.
    take(lines.slice(isShort && lines.length > 0 ? 1 : 0).map((line) => JSON.parse(line.replace(/,$/, ''))));
    isShort &&= lines.length === 0;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function onlyList(answer: Json): readonly Json[] {
  const [key = ''] = Object.keys(Object(answer));
  return listField(answer, key);
}

export function volumePath(driver: string, name: string): string {
  return `/v1/volumes/${encodeURIComponent(driver)}/${encodeURIComponent(name)}`;
}
