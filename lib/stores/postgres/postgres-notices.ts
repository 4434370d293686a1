import { createHash } from 'node:crypto';
import { type NoticeConnection, type NoticeEvents, NoticeFeed } from '../../core/store/notice-feed.js';
import { checkNotice } from '../../core/store/notice-text.js';
import type { StoreNotices } from '../../core/store/store-powers.js';
import type { SqlStatement } from '../sql/sql-client.js';
import { plainTable, type TableName } from '../sql/table-name.js';
import type { LeaseConnection, ListenLease } from './postgres-listener.js';

/** PostgreSQL shortens longer names. Bytes. */
const LONGEST_NAME = 63;

/** The channel of the notices of a table. All applications on a database share the names of channels. */
export function noticeChannel(name: TableName): string {
  const channel = `${plainTable(name)}_notices`;
  if (channel.length <= LONGEST_NAME) return channel;
  return `nest_session_${createHash('sha256').update(channel).digest('hex').slice(0, 40)}`;
}

/** What notices need of their store. */
export interface PostgresNoticeParts {
  readonly channel: string;
  /** Runs a statement on any connection. */
  readonly run: (statement: SqlStatement) => Promise<unknown>;
  readonly lease: LeaseConnection;
}

/** Notices by `pg_notify` and `LISTEN`. A connection of its own listens while there are listeners. */
export class PostgresNotices implements StoreNotices {
  readonly #parts: PostgresNoticeParts;
  readonly #feed: NoticeFeed;

  constructor(parts: PostgresNoticeParts) {
    this.#parts = parts;
    this.#feed = new NoticeFeed((events) => this.#open(events));
  }

  async publish(notice: string): Promise<void> {
    checkNotice(notice);
    const { channel, run } = this.#parts;
    await run({ text: 'SELECT pg_notify($1::text, $2::text)', values: [channel, notice] });
  }

  subscribe(onNotice: (notice: string | null) => void): () => Promise<void> {
    return this.#feed.subscribe(onNotice);
  }

  close(): Promise<void> {
    return this.#feed.close();
  }

  #open(events: NoticeEvents): NoticeConnection {
    let lease: ListenLease | null = null;
    let isClosed = false;
    const connect = async (): Promise<void> => {
      const opened = await this.#parts.lease();
      if (isClosed) return void opened.release().catch(ignore);
      lease = opened;
      await this.#listen(opened, events);
    };
    return {
      ready: connect(),
      check: async () => lease!.client.query('SELECT 1'),
      close: async () => {
        isClosed = true;
        await lease?.release();
      },
      destroy: () => void lease?.client.connection?.stream?.destroy?.(),
    };
  }

  async #listen({ client }: ListenLease, { receive, lost }: NoticeEvents): Promise<void> {
    const { channel } = this.#parts;
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', (message) => {
      if (message.channel === channel) receive(message.payload ?? '');
    });
    await client.query(`LISTEN "${channel}"`);
  }
}

const ignore = (): void => undefined;
