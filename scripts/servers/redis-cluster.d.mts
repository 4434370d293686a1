import type { OwnServer, ServerOptions } from './server-process.mjs';

/** A Redis Cluster. Each method applies to all nodes. `url`, `port` and `pid` are those of the first node. */
export interface OwnRedisCluster extends OwnServer {
  readonly nodes: readonly OwnServer[];
}

/** Starts a private Redis Cluster on 127.0.0.1: three masters that share all slots, no replicas. */
export function startRedisCluster(options?: Pick<ServerOptions, 'durable'>): Promise<OwnRedisCluster>;
