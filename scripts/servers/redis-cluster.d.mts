import type { OwnServer, ServerOptions } from './server-process.mjs';

/** A Redis Cluster. What is done to it is done to each node; `url`, `port` and `pid` are those of the first. */
export interface OwnRedisCluster extends OwnServer {
  readonly nodes: readonly OwnServer[];
}

/** Starts a Redis Cluster of its own, on 127.0.0.1: three masters that share all slots, no replicas. */
export function startRedisCluster(options?: Pick<ServerOptions, 'durable'>): Promise<OwnRedisCluster>;
