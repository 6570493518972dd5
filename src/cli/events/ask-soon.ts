import type { Json } from '../../core/json.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';

/** A driver's answer: `absent` only if its storage says so. */
export type Said =
  | { readonly kind: 'told'; readonly answer: Json }
  | { readonly kind: 'absent' }
  | { readonly kind: 'untold'; readonly reason: string };

/** Milliseconds: the user waits for the whole answer, which should come within two seconds. */
const patience = 1_500;

/** Never rejects. A request that takes longer continues in the daemon; its answer is ignored. */
export async function askSoon(client: AdminClient, path: string): Promise<Said> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Said>((resolve) => {
    const reason = `It has not answered within ${patience / 1000} s.`;
    timer = setTimeout(() => resolve({ kind: 'untold', reason }), patience);
  });
  try {
    return await Promise.race([client.ask('GET', path).then(told), late]);
  } catch (error) {
    const { code, message } = asVolumeError(error, 'It failed');
    return code === 'not-found' ? { kind: 'absent' } : { kind: 'untold', reason: message };
  } finally {
    clearTimeout(timer);
  }
}

function told(answer: Json): Said {
  return { kind: 'told', answer };
}
