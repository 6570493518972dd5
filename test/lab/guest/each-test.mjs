/** Prints a line for each test when it ends. */
export default class EachTest {
  onTestCaseResult(_, { status, fullName, duration }) {
    process.stdout.write(`${status}: ${fullName} (${duration} ms)\n`);
  }
}
