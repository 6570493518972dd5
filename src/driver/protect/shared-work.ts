/** Work by key. Simultaneous calls with the same key share one run and its result. */
export interface SharedWork<T> {
  share(key: string, work: () => Promise<T>): Promise<T>;
}

export function createSharedWork<T>(): SharedWork<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    share(key, work) {
      const known = underWay.get(key);
      if (known !== undefined) return known;
      const begun = work().finally(() => underWay.delete(key));
      underWay.set(key, begun);
      return begun;
    },
  };
}
