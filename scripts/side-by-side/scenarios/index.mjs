import { cookies } from './cookies.mjs';
import { failures } from './failures.mjs';
import { methods } from './methods.mjs';
import { objects } from './objects.mjs';
import { responses } from './responses.mjs';
import { table } from './table.mjs';

export const SCENARIOS = [...table, ...methods, ...cookies, ...responses, ...failures, ...objects];
