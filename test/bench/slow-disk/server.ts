import { ftruncateSync, openSync, unlinkSync } from 'node:fs';
import { loadSystemCalls } from '../../../src/host/system-calls.ts';
import { openFuse, serveFile } from './fuse.ts';

/** `server.js DIRECTORY STORE BYTES MILLISECONDS`: mounts a directory with the file `disk`, of which each fsync takes so long. */
const [directory = '', place = '', bytes = '', milliseconds = ''] = process.argv.slice(2);
const calls = await loadSystemCalls();
if (calls === undefined) throw new Error('koffi does not load here');
const store = openSync(place, 'w+');
unlinkSync(place);
ftruncateSync(store, Number(bytes));
const fuse = openFuse();
await calls.mountFileSystem('slow', directory, 'fuse', 0, `fd=${fuse},rootmode=40000,user_id=0,group_id=0`);
process.stdout.write('mounted\n');
const still = new Int32Array(new SharedArrayBuffer(4));
serveFile(fuse, {
  name: 'disk',
  bytes: Number(bytes),
  store,
  sync: () => void Atomics.wait(still, 0, 0, Number(milliseconds)),
});
