/**
 * Node's thread pool has 4 threads, and a journaling file system writes the changes of all that wait for it in one go: with 4 threads,
 * 16 volumes that are created at once would wait four times as often. Must run before the pool is first used. An operator's own
 * number stays.
 */
export function widenThreadPool(): void {
  process.env.UV_THREADPOOL_SIZE ??= '16';
}
