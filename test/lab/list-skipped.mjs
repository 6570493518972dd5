/** A Jest reporter: names each suite that was skipped, with what it lacked, which Jest itself tells only of single files. */
export default class ListSkipped {
  onRunComplete(_contexts, { testResults }) {
    const titles = testResults
      .flatMap((file) => file.testResults)
      .flatMap((result) => result.ancestorTitles)
      .filter((title) => title.includes('[skipped: needs '));
    if (titles.length === 0) return;
    const lines = [...new Set(titles)].sort().map((title) => `  ${title}`);
    process.stderr.write(`\nSkipped on this machine:\n${lines.join('\n')}\n`);
  }
}
