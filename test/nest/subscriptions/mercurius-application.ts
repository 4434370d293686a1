/**
 * The application of the tests with Mercurius: prints its URL, and stops when its input ends. A process of its
 * own: Mercurius is a CommonJS module, and Jest cannot load those that require an ES module.
 */
import 'reflect-metadata';
import { MercuriusDriver } from '@nestjs/mercurius';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startNews } from './application.js';

const graphql = { driver: MercuriusDriver, autoSchemaFile: true, subscription: { fullWsTransport: true } };
const { app, url } = await startNews(graphql, () => new FastifyAdapter(), Number(process.argv[2]));
console.log(url);
process.stdin.on('end', () => void app.close().then(() => process.exit(0))).resume();
