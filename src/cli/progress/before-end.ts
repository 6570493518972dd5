/** Clears the terminal, and then lets the signal end the process as usual. */
export function beforeEnd(clear: () => void): () => void {
  const ends = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const handle = () => {
      clear();
      process.kill(process.pid, signal);
    };
    process.once(signal, handle);
    return () => process.off(signal, handle);
  });
  return () => {
    for (const end of ends) end();
  };
}
