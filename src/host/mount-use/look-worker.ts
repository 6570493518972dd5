import { parentPort } from 'node:worker_threads';
import { lookAtUses } from './mount-namespaces.ts';

/** The worker thread: receives a root, answers with its users. An error ends the thread, and so reaches the caller. */
parentPort?.on('message', (root: string) => parentPort?.postMessage(lookAtUses(root)));
