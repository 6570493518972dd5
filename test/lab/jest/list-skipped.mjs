/** A Jest reporter that lists each skipped suite with its missing requirement. Jest itself does so only for single files. */
export default class ListSkipped {
  onRunComplete(_contexts, { testResults }) {
    const titles = testResults
      .flatMap((file) => file.testResults)
      .flatMap((result) => result.ancestorTitles)
      .filter((title) => title.includes('[skipped: needs ') || title.includes('[not run: needs '));
    if (titles.length === 0) return;
    const lines = [...new Set(titles)].sort().map((title) => `  ${title}`);
    process.stderr.write(`\nSkipped on this machine:\n${lines.join('\n')}\n`);
  }
}
