/** The commands of MongoDB that session stores use; a collection is a map from ids to documents. */
const COMMANDS = {
  hello: greet,
  ismaster: greet,
  isMaster: greet,
  ping: () => ({}),
  buildInfo: () => ({ version: '7.0.0' }),
  endSessions: () => ({}),
  killCursors: () => ({}),
  createIndexes: (collection, { indexes }) => {
    for (const { key, expireAfterSeconds } of indexes)
      if (expireAfterSeconds !== undefined)
        collection.expiry = [Object.keys(key)[0], expireAfterSeconds * 1000];
    return {};
  },
  insert: ({ documents: held }, { documents }) => {
    for (const document of documents) held.set(keyOf(document._id), document);
    return { n: documents.length };
  },
  find: (collection, { filter, limit = 0 }, namespace) => {
    const found = matching(collection, filter);
    return cursor(limit > 0 ? found.slice(0, limit) : found, namespace);
  },
  count: (collection, { query }) => ({ n: matching(collection, query).length }),
  aggregate: (collection, { pipeline }, namespace) => {
    const filter = pipeline.find((stage) => '$match' in stage)?.$match;
    const n = matching(collection, filter).length;
    return cursor(n > 0 ? [{ _id: 1, n }] : [], namespace);
  },
  delete: (collection, { deletes }) => ({
    n: deletes.reduce((n, one) => n + remove(collection, one), 0),
  }),
  drop: ({ documents }) => {
    documents.clear();
    return {};
  },
  update: (collection, { updates }) => {
    const done = updates.map((update) => change(collection, update));
    const upserted = done.flatMap(({ made }, index) =>
      made === undefined ? [] : [{ index, _id: made._id }],
    );
    const n = done.filter(({ document }) => document !== null).length;
    return {
      n,
      nModified: n - upserted.length,
      ...(upserted.length > 0 ? { upserted } : {}),
    };
  },
  findAndModify: (collection, { query, update, upsert, remove: isRemoval, new: wantsNew }) => {
    const before = matching(collection, query)[0] ?? null;
    if (isRemoval) {
      remove(collection, { q: query, limit: 1 });
      return { value: before };
    }
    const { document } = change(collection, { q: query, u: update, upsert });
    return {
      value: wantsNew ? document : before,
      lastErrorObject: { n: 1, updatedExisting: before !== null },
    };
  },
};

export function runCommand(command, databases) {
  const [name] = Object.keys(command);
  if (!Object.hasOwn(COMMANDS, name))
    throw Object.assign(new Error(`no such command: '${name}'`), { code: 59 });
  const namespace = `${command.$db}.${command[name]}`;
  if (!databases.has(namespace)) databases.set(namespace, { documents: new Map(), expiry: null });
  return COMMANDS[name](databases.get(namespace), command, namespace);
}

/** What MongoDB does once a minute. */
export function removeExpired(databases) {
  for (const { documents, expiry } of databases.values()) {
    if (expiry === null) continue;
    const [field, afterMs] = expiry;
    for (const [key, document] of documents)
      if (document[field] instanceof Date && document[field].valueOf() + afterMs <= Date.now())
        documents.delete(key);
  }
}

function greet() {
  return {
    isWritablePrimary: true,
    ismaster: true,
    helloOk: true,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 21,
  };
}

const keyOf = (id) => String(id);
const cursor = (firstBatch, ns) => ({ cursor: { id: 0n, ns, firstBatch } });

function matching({ documents }, filter = {}) {
  return [...documents.values()].filter((document) => isMatch(document, filter));
}

function isMatch(document, filter) {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === '$or') return wanted.some((one) => isMatch(document, one));
    if (name === '$and') return wanted.every((one) => isMatch(document, one));
    return isValue(document[name], wanted);
  });
}

const OPERATORS = {
  $exists: (value, wanted) => (value !== undefined) === Boolean(wanted),
  $gt: (value, wanted) => value > wanted,
  $gte: (value, wanted) => value >= wanted,
  $lt: (value, wanted) => value < wanted,
  $lte: (value, wanted) => value <= wanted,
  $ne: (value, wanted) => value !== wanted,
};

function isValue(value, wanted) {
  const operators = Object.entries(wanted ?? {}).filter(([name]) => name.startsWith('$'));
  if (operators.length === 0 || typeof wanted === 'string') return keyOf(value) === keyOf(wanted);
  return operators.every(([name, operand]) => OPERATORS[name](value, operand));
}

function remove(collection, { q, limit }) {
  const found = matching(collection, q);
  const gone = limit === 1 ? found.slice(0, 1) : found;
  for (const { _id } of gone) collection.documents.delete(keyOf(_id));
  return gone.length;
}

function change(collection, { q, u, upsert }) {
  const [before] = matching(collection, q);
  if (before === undefined && !upsert) return { document: null };
  const base = before ?? { _id: q._id };
  const isPatch = Object.keys(u).some((name) => name.startsWith('$'));
  const document = isPatch ? { ...base, ...(before === undefined ? u.$setOnInsert : {}), ...u.$set } : u;
  document._id ??= base._id;
  for (const name of Object.keys(u.$unset ?? {})) delete document[name];
  collection.documents.set(keyOf(document._id), document);
  return before === undefined ? { document, made: document } : { document };
}
