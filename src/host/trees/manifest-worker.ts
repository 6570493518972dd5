import { loadNativeFiles } from './native-files.ts';
import { answerRequest, type TreeRequest } from './request.ts';

/** The process that does one call of `Trees`: it gets the request by a message, and answers by one. */

// The daemon is gone.
process.once('disconnect', () => process.exit(1));

process.once('message', async (request: TreeRequest) => {
  process.send?.(await answer(request), () => process.disconnect());
});

async function answer(request: TreeRequest): Promise<object> {
  try {
    return { value: answerRequest(request, await loadNativeFiles()) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
