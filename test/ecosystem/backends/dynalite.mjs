/** DynamoDB as dynalite has it, in this process; its URL. */
export async function startDynalite(require) {
  const server = require('dynalite')({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  await new Promise((resolve, reject) => server.listen(0, '127.0.0.1', (e) => (e ? reject(e) : resolve())));
  return `http://127.0.0.1:${server.address().port}`;
}
