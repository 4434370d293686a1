/** What the first version of this package ran to create a table, with two rows that it wrote. */

/** A session that the rows below contain. */
export const OLD_SESSIONS = { mine: '1.old-mine', other: '1.old-other' } as const;

const ROWS = (table: string): string =>
  `INSERT INTO ${table} (session_key, created_at, touched_at, expires_at, revision, principal, attributes) VALUES
    ('1.old-mine', 1000, 2000, 8640000000000000, 3, 'alice', '{"cart":"[1]","~0024cookie":"{}"}'),
    ('1.old-other', 1500, 2500, 8640000000000000, 0, NULL, '{}');`;

export const postgresVersion1 = (table: string): string => `CREATE TABLE IF NOT EXISTS ${table} (
  session_key text COLLATE "C" PRIMARY KEY,
  created_at bigint NOT NULL,
  touched_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revision bigint NOT NULL,
  principal text COLLATE "C",
  attributes jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS "${table}_expires_at" ON ${table} (expires_at);
CREATE INDEX IF NOT EXISTS "${table}_principal" ON ${table} USING hash (principal);
COMMENT ON TABLE ${table} IS 'nest-session schema 1';
${ROWS(table)}`;

export const mysqlVersion1 = (table: string): string => `CREATE TABLE IF NOT EXISTS ${table} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  session_key VARBINARY(300) NOT NULL,
  created_at BIGINT NOT NULL,
  touched_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  writes BIGINT UNSIGNED NOT NULL DEFAULT 0,
  principal MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  attributes JSON NOT NULL,
  UNIQUE KEY session_key (session_key),
  KEY expires_at (expires_at),
  KEY principal (principal(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='nest-session schema 1';
${ROWS(table)}`;

export const sqliteVersion1 = (
  table: string,
): string => `CREATE TABLE IF NOT EXISTS ${table}_schema (version INTEGER NOT NULL PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS ${table} (
  session_key TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  touched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  principal TEXT,
  attributes TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS "${table}_expires_at" ON ${table} (expires_at);
CREATE INDEX IF NOT EXISTS "${table}_principal" ON ${table} (principal) WHERE principal IS NOT NULL;
INSERT OR IGNORE INTO ${table}_schema VALUES (1);
${ROWS(table)}`;
