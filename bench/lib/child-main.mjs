/** The other end of a {@link Child}: answers one question after another with the functions of a module. */
// Peers warn of their memory stores, which is what is measured here.
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
