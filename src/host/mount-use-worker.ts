import { parentPort } from 'node:worker_threads';
import { lookAtUses } from './mount-namespaces.ts';

/** The thread's whole work: a root comes in, its users go out. An error ends the thread, and so reaches the caller. */
parentPort?.on('message', (root: string) => parentPort?.postMessage(lookAtUses(root)));
