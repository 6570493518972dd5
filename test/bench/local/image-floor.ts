import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { loadSystemCalls, type SystemCalls } from '../../../src/host/system-calls.ts';

/** linux/loop.h */
const [getFree, configure, clear] = [0x4c82, 0x4c0a, 0x4c01];

export interface ImageFloor {
  mount(): Promise<void>;
  unmount(): Promise<void>;
}

/** The system calls for an image on ext4 and nothing else: LOOP_CTL_GET_FREE, LOOP_CONFIGURE, mount(2); umount2(2), LOOP_CLR_FD. */
export async function openImageFloor(folder: string): Promise<ImageFloor> {
  const [image, target] = [`${folder}/floor.img`, `${folder}/floor`];
  mkdirSync(target, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, 64 * 1024 ** 2);
  const { status } = spawnSync('mkfs.ext4', ['-q', '-F', image]);
  const calls = await loadSystemCalls();
  if (calls === undefined || status !== 0) throw new Error('no image can be mounted here');
  let device = '';
  return {
    async mount() {
      device = attach(calls, image);
      await calls.mountFileSystem(device, target, 'ext4', 0, '');
    },
    async unmount() {
      await calls.unmountFileSystem(target);
      withOpened(device, (fd) => calls.ioctl(fd, clear, 0));
    },
  };
}

function attach(calls: SystemCalls, image: string): string {
  const device = withOpened('/dev/loop-control', (fd) => `/dev/loop${calls.ioctl(fd, getFree, 0)}`);
  withOpened(image, (file) =>
    withOpened(device, (fd) => {
      const config = new Uint8Array(304);
      new Uint32Array(config.buffer)[0] = file;
      return calls.ioctl(fd, configure, config);
    }),
  );
  return device;
}

function withOpened<T>(path: string, work: (fd: number) => T): T {
  const fd = openSync(path, 'r+');
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
