const NOT_THERE = 'the registry has no such package';
const noServer = (engine) => `needs ${engine}, which neither Debian nor npm has`;

/** Stores that nothing can run here, and why. */
const REASONS = {
  '@databunker/session-store': [
    'Databunker',
    'cannot be installed: the registry lacks one of its dependencies',
  ],
  '@google-cloud/connect-datastore': ['Cloud Datastore', noServer('Cloud Datastore or its emulator')],
  'aerospike-session-store': ['Aerospike', noServer('an Aerospike server')],
  'cassandra-store': ['Cassandra', noServer('a Cassandra server')],
  'connect-arango': ['ArangoDB', NOT_THERE],
  'connect-couchbase': ['Couchbase', noServer('a Couchbase server')],
  'connect-datacache': ['IBM Data Cache', 'its service has ended'],
  'connect-db2': ['Db2', 'cannot be installed: the registry lacks one of its dependencies'],
  'connect-hazelcast': ['Hazelcast', noServer('a Hazelcast server')],
  'connect-ml': ['MarkLogic', NOT_THERE],
  'connect-monetdb': ['MonetDB', noServer('a MonetDB server')],
  'connect-mssql': ['SQL Server', noServer('SQL Server')],
  'connect-mssql-v2': ['SQL Server', noServer('SQL Server')],
  'connect-neo4j': ['Neo4j', NOT_THERE],
  'documentdb-session': [
    'Cosmos DB',
    'the emulator of npm has no stored procedures, which it calls at its start',
  ],
  'express-etcd': ['etcd', NOT_THERE],
  'express-oracle-session': ['Oracle Database', noServer('Oracle Database')],
  'express-session-etcd3': ['etcd', NOT_THERE],
  'fortune-session': ['Fortune', NOT_THERE],
  'hazelcast-store': ['Hazelcast', noServer('a Hazelcast server')],
  'mssql-session-store': ['SQL Server', noServer('SQL Server')],
  'session-rethinkdb': ['RethinkDB', noServer('a RethinkDB server')],
};

export const NOT_RUNNABLE = Object.entries(REASONS).map(([name, [backend, why]]) => ({
  name,
  backend,
  why,
  set: 'all',
}));
