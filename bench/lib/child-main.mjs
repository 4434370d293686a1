/** Runs in the process of a {@link Child}: for each message, calls a function and sends its result. */
// Peers warn that their memory stores are not for production. The benchmarks use these stores on purpose.
console.warn = () => {};

const functions = await import(process.argv[2]);

process.on('message', async ({ name, argument }) => {
  try {
    process.send({ answer: (await functions[name](argument)) ?? null });
  } catch (error) {
    process.send({ error: error?.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit());
