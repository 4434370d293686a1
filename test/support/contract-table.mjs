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
      const row = this.#stores.get(store) ?? newRow(store);
      row[status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'not run']++;
      const power = ancestorTitles[depth + 1];
      if (POWERS.includes(power)) row[power] = sumOf(row[power], status);
      this.#stores.set(store, row);
    }
  }

  onRunComplete() {
    if (this.#stores.size === 0) return;
    const rows = [...this.#stores.values()].sort((one, other) => one.store.localeCompare(other.store));
    console.log('\nThe store contract (-: the store does not have this power)');
    console.table(Object.fromEntries(rows.map(({ store, ...counts }) => [store, counts])));
  }
}

const SUITE = ' keeps the store contract';
/** The groups of the suite that a store can do without, in the order of the columns. */
const POWERS = ['expiry', 'claims', 'principals', 'epochs', 'limits', 'scan', 'notices'];

const newRow = (store) => ({
  store,
  passed: 0,
  failed: 0,
  'not run': 0,
  ...Object.fromEntries(POWERS.map((power) => [power, '-'])),
});

/** The cell of a power after one more test: how many of its tests have passed. */
function sumOf(cell, status) {
  const [passed, all] = cell === '-' ? [0, 0] : cell.split(' of ').map(Number);
  return `${passed + (status === 'passed' ? 1 : 0)} of ${all + 1}`;
}
