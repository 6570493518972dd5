/** Work that waits for its turn; what fails holds up nobody. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}
