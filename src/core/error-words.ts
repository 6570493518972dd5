/** What a thrown value says. By its shape: under a test runner Node's errors belong to another realm. */
export function wordsOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) return String(thrown);
  const words = String(thrown.message);
  // An AggregateError, such as one for several addresses, has no words of its own.
  return words === '' && 'code' in thrown ? String(thrown.code) : words;
}
