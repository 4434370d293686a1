import { freePort } from '../../../scripts/servers/free-port.mjs';

/** The account that every emulator of Azure has; its key is published. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azure Tables as azurite has it, in this process and in memory; what a client is told to connect. */
export async function startAzurite(require) {
  const port = await freePort();
  const { default: TableServer } = require('azurite/dist/src/table/TableServer.js');
  const { default: TableConfiguration } = require('azurite/dist/src/table/TableConfiguration.js');
  const configuration = new TableConfiguration('127.0.0.1', port, 5, '', false, false);
  Object.assign(configuration, {
    skipApiVersionCheck: true,
    isMemoryPersistence: true,
    loose: true,
  });
  await new TableServer(configuration).start();
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=${endpoint};`;
}
