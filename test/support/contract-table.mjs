/** A reporter for jest that prints the results of the store contract as a table, one row per store. */
export default class ContractTable {
  #stores = new Map();

  onTestResult(_test, { testResults }) {
    for (const { ancestorTitles, status } of testResults) {
      const depth = ancestorTitles.findIndex((title) => title.endsWith(SUITE));
      if (depth < 0) continue;
      const store = ancestorTitles
        .slice(0, depth + 1)
        .join(', ')
        .slice(0, -SUITE.length);
      const row = this.#stores.get(store) ?? { store, passed: 0, failed: 0, 'not run': 0 };
      row[status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'not run']++;
      this.#stores.set(store, row);
    }
  }

  onRunComplete() {
    if (this.#stores.size === 0) return;
    const rows = [...this.#stores.values()].sort((one, other) => one.store.localeCompare(other.store));
    console.log('\nThe store contract');
    console.table(Object.fromEntries(rows.map(({ store, ...counts }) => [store, counts])));
  }
}

const SUITE = ' keeps the store contract';
