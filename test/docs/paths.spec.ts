import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'sample'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
      .map((path) => join(folder, path)),
  ),
];

/** Where the files that a page names may be. */
const basesOf = (page: string): string[] => [ROOT, join(ROOT, 'lib'), join(ROOT, dirname(page))];
const isIn = (bases: readonly string[], path: string): boolean =>
  bases.some((base) => existsSync(join(base, path)));

/** Paths of files in code spans, if they begin with a folder of this repository: others belong to an application. */
function filesIn(page: string, text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  const files = spans.filter((span) => /^[\w.-]+(\/[\w.-]+)+\.(ts|mjs|md|json)$/.test(span));
  return files.filter((path) => isIn(basesOf(page), path.split('/', 1)[0]!));
}

/** Targets of links to other files, without their fragments. */
function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(([, a, b]) => a ?? b!);
  return targets.filter((target) => !/^(\w+:|#)/.test(target)).map((target) => target.replace(/#.*/, ''));
}

describe('the pages', () => {
  it.each(PAGES)('%s names only files that exist', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    expect(filesIn(page, text).filter((path) => !isIn(basesOf(page), path))).toEqual([]);
  });

  it.each(PAGES)('%s links only to files that exist', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const broken = linksIn(text).filter((target) => !existsSync(join(ROOT, dirname(page), target)));
    expect(broken).toEqual([]);
  });
});
