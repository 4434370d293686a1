/** The name of a table, a role or a host. No key and no value stands in these places. */
const NAME = String.raw`["'\x60]?[\w.$@%:-]{1,130}["'\x60]?`;

/** A user in the notation of MySQL and MariaDB. */
const USER = String.raw`'[\w.$-]{0,80}'@'[\w.$%:-]{0,255}'`;

/** Prefix of Redis 7.2 for a right that is missing in a script. */
const IN_SCRIPT = '(ACL failure in script: )?';

/** Commands that the Redis store sends. */
const COMMAND = '(evalsha|eval|zrem|hello|auth|select|client|info|ping)';

/**
 * Messages of databases, their drivers and Node that help an operator and contain nothing of a session.
 *
 * A pattern covers the whole message: some clients put the statement and its values in front of the driver's
 * message.
 */
const PATTERNS = [
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
  // LMDB, and the system below it
  'MDB_[A-Z_]+: [A-Za-z ,/-]+|Commit failed \\(see commitError for details\\)',
  'No space left on device|Disk quota exceeded|File too large|Input/output error|Read-only file system',
  'Permission denied|Operation not permitted|No such file or directory|Not a directory|Invalid argument',
  'Too many open files|Cannot allocate memory|Resource temporarily unavailable|Device or resource busy',
  // Redis and Valkey
  "OOM command not allowed when used memory > 'maxmemory'\\.",
  "READONLY You can't write against a read only (replica|slave)\\.",
  'LOADING (Redis|Valkey) is loading the dataset in memory',
  "MASTERDOWN Link with MASTER is down and (replica|slave)-serve-stale-data is set to 'no'\\.",
  'MISCONF (Redis|Valkey) is configured to save RDB snapshots, ' +
    "but (it's currently unable to persist to|it is currently not able to persist on) disk\\. " +
    'Commands that may modify the data set are disabled, because this instance is configured to report errors ' +
    'during writes if RDB snapshotting fails \\(stop-writes-on-bgsave-error option\\)\\. ' +
    'Please check the (Redis|Valkey) logs for details about the RDB error\\.',
  'MISCONF Errors writing to the AOF file: [A-Za-z /-]+',
  'NOREPLICAS Not enough good replicas to write\\.|NOAUTH Authentication required\\.',
  'NOPERM this user has no permissions to access one of the keys used as arguments',
  "NOPERM this user has no permissions to run the '[a-z|]{1,30}' command( or its subcommand)?",
  `NOPERM ${IN_SCRIPT}User [\\w.-]{1,80} has no permissions to run the '[a-z|]{1,30}' command`,
  `NOPERM ${IN_SCRIPT}No permissions to access a key`,
  'WRONGPASS invalid username-password pair or user is disabled\\.',
  "(ERR )?The user executing the script can't run this command or subcommand",
  'ERR max number of clients reached|ERR DB index is out of range|ERR SELECT is not allowed in cluster mode',
  'ERR AUTH <password> called without any password configured for the default user\\. ' +
    'Are you sure your configuration is correct\\?',
  `ERR unknown command ['\`]${COMMAND}['\`]`,
  'WRONGTYPE Operation against a key holding the wrong kind of value',
  'CLUSTERDOWN (The cluster is down|Hash slot not served)',
  'BUSY (Redis|Valkey) is busy running a script\\. [A-Za-z ().]+',
  // redis and ioredis
  'The client is (closed|offline)|Socket (closed unexpectedly|timeout)|Connection timeout|Connection is closed\\.',
  'Socket already opened|Disconnects client|Command timed out|All the root nodes are unavailable',
  "Stream isn't writeable and enableOfflineQueue options is false|Failed to refresh slots cache\\.",
  'Reached the max retries per request limit \\(which is \\d+\\)\\. Refer to "maxRetriesPerRequest" option for details\\.',
  "Socket timeout( timeout)?\\. Expecting data, but didn't receive any in \\d+ms\\.",
  'Command aborted due to connection close|None of startup nodes is available|Cluster is disconnected\\.',
  'Too many Cluster redirections\\.?|None of the sentinels are available',
  'All sentinels are unreachable( and retry is disabled\\.|\\. Retrying from scratch after \\d+ms\\.)?',
  'Invalid (pathname|protocol)|URI malformed',
].map((pattern) => new RegExp(`^(?:${pattern})$`));

/** Codes that begin an error reply of Redis. */
const CODE =
  '(ASK|BUSY|CLUSTERDOWN|CROSSSLOT|DENIED|ERR|EXECABORT|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOPERM|NOPROTO|' +
  'NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|UNKILLABLE|WRONGPASS|WRONGTYPE) ';
const REPLY_CODE = new RegExp(`^${CODE}`);

/**
 * Parts that Redis and its clients add to an error reply: the prefix of an error in a script (the long one is
 * of Redis 6), and at the end the script, the arguments or the previous error.
 */
const REDIS_EXTRAS = new RegExp(
  [
    String.raw`^ERR Error running script \(call to f_[0-9a-f]{40}\): @user_script:\d+: (?:@user_script: \d+: )?-?`,
    `^ERR (?=${CODE})`,
    String.raw` script: [0-9a-f]{40}, on @user_script:\d+\.$`,
    ', with args beginning with: .*$',
    ' Last error: .*$',
  ].join('|'),
  'gs',
);

const LONGEST = 400;

/** The message of a driver, without Redis extras, if a pattern matches it; else `undefined`. */
export function safeMessage(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  const text = message.replace(REDIS_EXTRAS, '');
  return text.length <= LONGEST && PATTERNS.some((pattern) => pattern.test(text)) ? text : undefined;
}

/** The code of an error reply of Redis; `undefined` for any other message. */
export function replyCodeIn(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  const found = REPLY_CODE.exec(message.replace(REDIS_EXTRAS, '')) ?? REPLY_CODE.exec(message);
  return found?.[1];
}
