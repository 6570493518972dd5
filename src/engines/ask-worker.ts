import { parentPort } from 'node:worker_threads';
import type { Asked } from './aside.ts';
import { askHere } from './questions.ts';

/** The whole work of the thread: it answers each question. */
parentPort?.on('message', ({ id, kind, socket, subject, patience }: Asked) => {
  const tell = (told: object) => parentPort?.postMessage({ id, ...told });
  askHere(kind, socket, subject, patience).then(
    (answer) => tell({ answer }),
    (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
  );
});
