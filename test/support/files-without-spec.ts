/**
 * The files of lib that have no spec of their own name, by the spec that covers them and why that suffices. Doors (`index.ts`)
 * need no entry.
 */
export const FILES_WITHOUT_SPEC: readonly { readonly reason: string; readonly files: readonly string[] }[] = [
  {
    reason: 'Types only.',
    files: [
      'core/registry/registry-parts.ts',
      'core/session-event.ts',
      'core/session/engine-features.ts',
      'core/session/request-context.ts',
      'core/session/session-cookie.ts',
      'core/session/session-lifetime.ts',
      'core/session/user-session.ts',
      'express/express-types.ts',
      'http/connection-options.ts',
      'http/credential-stamp-options.ts',
      'http/handler-hooks.ts',
      'http/request-parts.ts',
      'http/response/gate-state.ts',
      'http/session-options.ts',
      'http/session-timeouts.ts',
      'http/resolved-session-options.ts',
      'nest/session-module-options.ts',
      'stores/sql/sql-dialect.ts',
    ],
  },
  {
    reason: 'Error classes and messages: each spec of the code that throws them checks code and message.',
    files: ['core/errors.ts', 'core/session/session-errors.ts', 'nest/session-exceptions.ts'],
  },
  {
    reason: 'test/core/registry/session-pages.spec.ts passes cursors of each kind.',
    files: ['core/registry/cursor-seal.ts'],
  },
  {
    reason: 'test/core/registry/session-registry.spec.ts: these are parts of the registry.',
    files: [
      'core/registry/registry-arguments.ts',
      'core/registry/registry-store.ts',
      'core/registry/session-info.ts',
    ],
  },
  {
    reason:
      'test/nest/activity-guard.spec.ts and session-activity.e2e.spec.ts check the decorator by its guard.',
    files: ['http/session-activity.ts', 'nest/session-activity.decorator.ts', 'nest/module-classes.ts'],
  },
  {
    reason: 'test/nest/event-streams.e2e.spec.ts opens streams, and first-guards.spec.ts adds the guard.',
    files: ['nest/event-stream-guard.ts'],
  },
  {
    reason: 'test/nest/subscriptions/subscriptions.e2e.spec.ts runs operations on sockets of each server.',
    files: [
      'nest/subscriptions/operation-guard.ts',
      'nest/subscriptions/operation-interceptor.ts',
      'nest/subscriptions/operation-socket.ts',
    ],
  },
  {
    reason: 'test/core/session/lifetime.spec.ts: concurrent requests find the mark.',
    files: ['core/session/lifetime-mark.ts'],
  },
  {
    reason: 'test/core/store/guarded-store.spec.ts passes each valid and each invalid result.',
    files: ['core/store/store-results.ts'],
  },
  {
    reason:
      'test/core/session/session-state.spec.ts checks these facts where they are used: expiry, touch and commits.',
    files: ['core/session/session-facts.ts'],
  },
  {
    reason: 'test/core/session/session-writer.spec.ts and session-patch.spec.ts compare what the store gets.',
    files: ['core/session/session-records.ts'],
  },
  {
    reason: 'test/core/session/login.spec.ts: these are steps of a login.',
    files: [
      'core/session/login-arguments.ts',
      'core/session/missing-record.ts',
      'core/session/new-identity.ts',
      'core/session/pending-identity.ts',
      'core/session/session-identity.ts',
    ],
  },
  {
    reason:
      'test/core/session/session-creation.spec.ts and session-writer-new-id.spec.ts lose results of writes.',
    files: ['core/session/earlier-write.ts'],
  },
  {
    reason:
      'test/core/session/open-session.spec.ts and session-writer-new-id.spec.ts check commits and new ids.',
    files: [
      'core/session/session-commit.ts',
      'core/session/session-move.ts',
      'core/session/session-removal.ts',
    ],
  },
  {
    reason:
      'test/core/session/attributes.spec.ts: these values exist only as part of the attributes of a session.',
    files: ['core/session/shown-values.ts'],
  },
  {
    reason:
      'test/cookie/cookie-options.spec.ts and live-session-cookie.spec.ts check each rule by the options and settings.',
    files: ['cookie/check-cookie-options.ts', 'cookie/cookie-setting.ts'],
  },
  {
    reason: 'test/http/options.spec.ts checks every option and default.',
    files: ['http/check-options.ts', 'http/resolve-options.ts', 'http/resolve-timeouts.ts'],
  },
  {
    reason: 'test/http/event-reporter.spec.ts checks the log lines and warnings.',
    files: ['http/describe-event.ts'],
  },
  {
    reason:
      'test/http/middleware.e2e.spec.ts and test/nest check requests as a whole: these files need a server.',
    files: [
      'http/engine-options.ts',
      'http/once-closed.ts',
      'http/request-cookies.ts',
      'http/request-properties.ts',
      'http/request-session.ts',
      'http/session-handler.ts',
      'http/session-middleware.ts',
      'http/set-cookie-headers.ts',
    ],
  },
  {
    reason: 'test/http/response/response-gate.e2e.spec.ts: these are steps of the gate.',
    files: ['http/response/error-response.ts', 'http/response/held-response.ts'],
  },
  {
    reason: 'test/express runs the same suites over this entry point and express-session.',
    files: [
      'express/cookie-from-request.ts',
      'express/express-options.ts',
      'express/middleware.ts',
      'express/request-session.ts',
      'express/session-json.ts',
      'express/session-writes.ts',
      'express/shared-sessions.ts',
    ],
  },
  {
    reason: 'test/nest/session-requirement.spec.ts checks what the decorators set.',
    files: ['nest/public.decorator.ts', 'nest/require-login.decorator.ts'],
  },
  {
    reason: 'test/nest/middleware-order.e2e.spec.ts checks where the session is mounted, and the warning.',
    files: ['nest/early-reads.ts', 'nest/session-mount.ts'],
  },
  {
    reason: 'test/core/session/session-refresh.spec.ts follows sessions to new ids.',
    files: ['core/session/moved-session.ts'],
  },
  {
    reason: 'test/core/watch/session-watch.spec.ts ends connections for each reason.',
    files: ['core/watch/session-end.ts'],
  },
  {
    reason:
      'test/nest/sockets/fleet-sockets.spec.ts ends sessions in one process and looks at the sockets of another.',
    files: ['http/session-notices.ts'],
  },
  {
    reason: 'test/nest/sockets checks gateways over both platforms and both HTTP adapters.',
    files: [
      'http/connection-sessions.ts',
      'nest/session-readers.ts',
      'nest/sockets/gateway-adapter.ts',
      'nest/sockets/socket-client.ts',
      'nest/sockets/ws-exception.ts',
    ],
  },
  {
    reason: 'test/nest/current-session.e2e.spec.ts reads the session of the request in providers.',
    files: ['nest/current-request.ts', 'nest/current-session.ts'],
  },
  {
    reason:
      'test/nest checks the module over both adapters: decorators, guards and providers need an application.',
    files: [
      'nest/claimed-sessions.ts',
      'nest/execution-session.ts',
      'nest/require-session.decorator.ts',
      'nest/session-path.ts',
      'nest/session.constants.ts',
      'nest/session.decorator.ts',
      'nest/session.guard.ts',
      'nest/session.module.ts',
      'nest/session.providers.ts',
    ],
  },
  {
    reason:
      'test/stores/express-session/store.spec.ts runs the store contract over the adapter and express-session stores.',
    files: [
      'stores/express-session/callback-store.ts',
      'stores/express-session/expiry-probe.ts',
      'stores/express-session/late-writes.ts',
      'stores/express-session/record-mapping.ts',
      'stores/express-session/session.ts',
      'stores/express-session/store-adapter.ts',
    ],
  },
  {
    reason:
      'test/stores/lmdb*.spec.ts run the store contract, full disks and parallel processes over real data files.',
    files: [
      'stores/lmdb/lmdb-data-file.ts',
      'stores/lmdb/lmdb-driver.ts',
      'stores/lmdb/lmdb-options.ts',
      'stores/lmdb/lmdb-records.ts',
      'stores/lmdb/lmdb-session-store.ts',
      'stores/lmdb/lmdb-tables.ts',
    ],
  },
  {
    reason: 'test/stores/memory*.spec.ts run the store contract, eviction and expiry over the store.',
    files: [
      'stores/memory/entry.ts',
      'stores/memory/epoch-stamps.ts',
      'stores/memory/evict.ts',
      'stores/memory/key-pages.ts',
      'stores/memory/local-notices.ts',
      'stores/memory/memory-options.ts',
      'stores/memory/memory-session-store.ts',
      'stores/memory/packed-texts.ts',
      'stores/memory/principal-keys.ts',
      'stores/memory/session-table.ts',
    ],
  },
  {
    reason: 'test/stores/mysql*.spec.ts run the store contract and failures over MySQL and MariaDB servers.',
    files: [
      'stores/mysql/mysql-admission.ts',
      'stores/mysql/mysql-claims.ts',
      'stores/mysql/mysql-client.ts',
      'stores/mysql/mysql-connections.ts',
      'stores/mysql/mysql-dialect.ts',
      'stores/mysql/mysql-epoch.ts',
      'stores/mysql/mysql-lock.ts',
      'stores/mysql/mysql-patch.ts',
      'stores/mysql/mysql-pool.ts',
      'stores/mysql/mysql-schema.ts',
      'stores/mysql/mysql-session-store.ts',
      'stores/mysql/mysql-values.ts',
    ],
  },
  {
    reason: 'test/stores/postgres*.spec.ts run the store contract and failures over a PostgreSQL server.',
    files: [
      'stores/postgres/postgres-admission.ts',
      'stores/postgres/postgres-admission-function.ts',
      'stores/postgres/postgres-client.ts',
      'stores/postgres/postgres-dialect.ts',
      'stores/postgres/postgres-listener.ts',
      'stores/postgres/postgres-notices.ts',
      'stores/postgres/postgres-locks.ts',
      'stores/postgres/postgres-pool.ts',
      'stores/postgres/postgres-query.ts',
      'stores/postgres/postgres-schema.ts',
      'stores/postgres/postgres-session-store.ts',
      'stores/postgres/postgres-sweep.ts',
    ],
  },
  {
    reason:
      'test/stores/redis*.spec.ts run the store contract and failures over Redis servers and a cluster.',
    files: [
      'stores/redis/claim-session.ts',
      'stores/redis/client-use.ts',
      'stores/redis/cluster-writer.ts',
      'stores/redis/deadline-scripts.ts',
      'stores/redis/index-members.ts',
      'stores/redis/index-scripts.ts',
      'stores/redis/limited-logins.ts',
      'stores/redis/own-client.ts',
      'stores/redis/own-drivers.ts',
      'stores/redis/principal-entries.ts',
      'stores/redis/principal-sessions.ts',
      'stores/redis/redis-access.ts',
      'stores/redis/redis-clients.ts',
      'stores/redis/redis-epochs.ts',
      'stores/redis/redis-lua.ts',
      'stores/redis/redis-notices.ts',
      'stores/redis/redis-record.ts',
      'stores/redis/redis-scripts.ts',
      'stores/redis/redis-session-store.ts',
      'stores/redis/redis-subscriber.ts',
      'stores/redis/redis-store-options.ts',
      'stores/redis/response-watchdog.ts',
      'stores/redis/session-deadlines.ts',
      'stores/redis/session-reader.ts',
      'stores/redis/session-scan.ts',
      'stores/redis/session-writer.ts',
      'stores/redis/single-server-writer.ts',
      'stores/redis/stamped-create.ts',
    ],
  },
  {
    reason: 'test/stores/sql*.spec.ts and the specs of the three SQL stores check the shared part.',
    files: [
      'stores/sql/identifier-encoding.ts',
      'stores/sql/migration.ts',
      'stores/sql/sql-admission.ts',
      'stores/sql/sql-client.ts',
      'stores/sql/sql-options.ts',
      'stores/sql/sql-record.ts',
      'stores/sql/sql-runner.ts',
      'stores/sql/sql-session-store.ts',
      'stores/sql/table-name.ts',
    ],
  },
  {
    reason: 'test/stores/sqlite*.spec.ts run the store contract over both drivers and real files.',
    files: [
      'stores/sqlite/busy.ts',
      'stores/sqlite/sqlite-admission.ts',
      'stores/sqlite/sqlite-client.ts',
      'stores/sqlite/sqlite-dialect.ts',
      'stores/sqlite/sqlite-driver.ts',
      'stores/sqlite/sqlite-schema.ts',
      'stores/sqlite/sqlite-session-store.ts',
    ],
  },
  {
    reason: 'test/testing/store-contract.spec.ts runs these suites against stores with one fault each.',
    files: [
      'testing/claim-contract.ts',
      'testing/contract-records.ts',
      'testing/data-contract.ts',
      'testing/engine-contract.ts',
      'testing/epoch-contract.ts',
      'testing/fake-clock.ts',
      'testing/given-records-contract.ts',
      'testing/large-patch-contract.ts',
      'testing/life-cycle-contract.ts',
      'testing/limit-contract.ts',
      'testing/limit-race-contract.ts',
      'testing/limited-logins.ts',
      'testing/name-contract.ts',
      'testing/notice-contract.ts',
      'testing/notice-inbox.ts',
      'testing/patch-contract.ts',
      'testing/principal-contract.ts',
      'testing/rekey-contract.ts',
      'testing/rekey-window-contract.ts',
      'testing/scan-contract.ts',
      'testing/sweep-contract.ts',
      'testing/while-under-way.ts',
    ],
  },
  {
    reason: 'test/http/response/response-gate.e2e.spec.ts sends each kind of output through a real server.',
    files: [
      'http/response/commit-hooks.ts',
      'http/response/failed-response.ts',
      'http/response/head-mark.ts',
      'http/response/held-output.ts',
      'http/response/output-methods.ts',
      'http/response/raw-response.ts',
    ],
  },
  {
    reason:
      'test/express/end-plan.spec.ts has the decisions; the parity specs of test/express check the effects.',
    files: ['express/adopt-session.ts', 'express/end-facts.ts', 'express/response-commit.ts'],
  },
  {
    reason: 'test/stores/redis-errors.spec.ts and sql-errors.spec.ts check the messages of real drivers.',
    files: ['core/util/safe-message.ts'],
  },
  {
    reason: 'test/http/options.spec.ts and test/cookie/cookie-options.spec.ts check each option.',
    files: ['cookie/option-checks.ts'],
  },
  {
    reason: 'test/stores/memory-expiry.spec.ts.',
    files: ['stores/memory/expiry.ts'],
  },
  {
    reason: 'test/stores/mysql-sweep.spec.ts and mysql.spec.ts need the server.',
    files: ['stores/mysql/mysql-procedures.ts'],
  },
];
