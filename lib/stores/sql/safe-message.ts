/** A name of a table, a role, a host: no key of a session and no value looks like that where the shapes below have it. */
const NAME = String.raw`["'\x60]?[\w.$@%:-]{1,130}["'\x60]?`;

/** As MySQL and MariaDB write it. */
const USER = String.raw`'[\w.$-]{0,80}'@'[\w.$%:-]{0,255}'`;

/**
 * What databases, their drivers and Node say that helps an operator and holds nothing of a session. A shape is the whole
 * message: some clients put the statement and its values before what the driver said, and leave its code as it was.
 */
const SHAPES = [
  String.raw`(connect|read|write|getaddrinfo|bind) E[A-Z_]+( ${NAME})?( - Local \(${NAME}\))?`,
  String.raw`(E[A-Z]+): [a-z ]+`,
  // PostgreSQL
  String.raw`(relation|schema|database|role|column|function) ${NAME} does not exist`,
  String.raw`permission denied for (table|relation|schema|database|function|sequence) ${NAME}`,
  String.raw`must be owner of (table|relation|schema) ${NAME}`,
  String.raw`(password|peer|Ident) authentication failed for user ${NAME}`,
  'sorry, too many clients already|too many connections for (role|database) ' + NAME,
  String.raw`remaining connection slots are reserved for [\w() -]{1,80}`,
  'the database system is (starting up|shutting down|in recovery mode|not yet accepting connections)',
  'terminating connection due to [a-z -]+',
  'canceling statement due to [a-z ]+',
  'cannot execute [A-Z ]+ in a read-only transaction',
  'current transaction is aborted, commands ignored until end of transaction block',
  'could not serialize access due to [a-z/ ]+|deadlock detected',
  'prepared statement "nest_session_[0-9a-f_]+" (does not exist|already exists)',
  'cached plan must not change result type',
  // pg
  'timeout exceeded when trying to connect|Query read timeout|Connection terminated( unexpectedly)?',
  'Connection terminated due to connection timeout|timeout expired',
  'Client has encountered a connection error and is not queryable|Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool|The server does not support SSL connections',
  'self[- ]signed certificate( in certificate chain)?|certificate has expired',
  'unable to verify the first certificate',
  // MySQL and MariaDB
  `Access denied for user ${USER}( to database ${NAME}| \\(using password: (YES|NO)\\))?`,
  `Unknown database ${NAME}|Table ${NAME} doesn't exist|Too many connections`,
  'Deadlock found when trying to get lock; try restarting transaction',
  'Lock wait timeout exceeded; try restarting transaction',
  'Record has changed since last read in table ' + NAME,
  'Server shutdown in progress|Connection was killed',
  // mysql2
  'Connection lost: The server closed the connection\\.|Pool is closed\\.|Queue limit reached\\.',
  "Can't add new command when connection is in closed state",
  'No connections available\\.|PROTOCOL_[A-Z_]+',
  // SQLite
  '(SQLITE_[A-Z_]+: )?(database (table )?is locked|database or disk is full|disk I/O error|out of memory)',
  '(SQLITE_[A-Z_]+: )?(attempt to write a readonly database|unable to open database file)',
  '(SQLITE_[A-Z_]+: )?(database disk image is malformed|file is not a database|no such table: ' + NAME + ')',
  'cannot start a transaction within a transaction|(the )?database (connection )?is not open',
].map((shape) => new RegExp(`^(?:${shape})$`));

/** A message that is known to hold nothing of a session. */
export function isSafeMessage(message: unknown): message is string {
  return typeof message === 'string' && message.length <= 400 && SHAPES.some((shape) => shape.test(message));
}
