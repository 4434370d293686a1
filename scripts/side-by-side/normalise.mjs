import { createHmac } from 'node:crypto';
import { clock } from './clock.mjs';

const SIGNED = /(s%3A|s:)([^\s".;]+)\.([A-Za-z0-9+/]{43}|(?:[A-Za-z0-9]|%2B|%2F){43})(?![A-Za-z0-9+/])/g;
const ID = /(?<![\w-])[\w-]{32}(?![\w-])/g;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT/g;

/** Replaces ids, signatures and times by names. Equal ids get equal names. */
export function normaliser(secrets) {
  const names = new Map();
  const nameOf = (id) => {
    if (!names.has(id)) names.set(id, `<id ${names.size + 1}>`);
    return names.get(id);
  };
  const signer = (id, signature) => {
    const decoded = decodeURIComponent(signature);
    const index = secrets.findIndex((secret) => hmac(secret, decodeURIComponent(id)) === decoded);
    return index === -1 ? '<forged>' : `<signed ${index}>`;
  };
  return {
    /** Numbers the ids of a text, in the order in which they first appear. */
    seen(text) {
      for (const [id] of String(text).matchAll(ID)) nameOf(id);
    },
    all(value) {
      const text = JSON.stringify(value)
        .replace(
          SIGNED,
          (_, start, id, signature) => `${start}${id.replace(ID, nameOf)}.${signer(id, signature)}`,
        )
        .replace(ID, nameOf)
        .replace(INSTANT, (instant) => clock.name(Date.parse(instant)));
      return JSON.parse(text);
    },
  };
}

function hmac(secret, id) {
  return createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
}
