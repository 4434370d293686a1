import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = readdirSync(join(ROOT, 'docs/recipes'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => basename(file, '.md'));

const DEPENDENCIES = new Set(
  Object.keys(
    (
      JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        devDependencies: Record<string, string>;
      }
    ).devDependencies,
  ),
);

const pageOf = (recipe: string): string => readFileSync(join(ROOT, `docs/recipes/${recipe}.md`), 'utf8');
const folderOf = (recipe: string): string => join(ROOT, 'test/docs/recipes', recipe);

/** The files of a recipe with their texts. */
function filesOf(recipe: string): Map<string, string> {
  const names = readdirSync(folderOf(recipe), { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => [name, readFileSync(join(folderOf(recipe), name), 'utf8').trim()]),
  );
}

const INSTALL = /^npm install /;

/** The code blocks of a page: all but those that show output. */
function blocksOf(recipe: string): string[] {
  return [...pageOf(recipe).matchAll(/^```(?!text)\w*\n([\s\S]*?)^```$/gm)].map(([, code]) => code!.trim());
}

describe('the recipes', () => {
  it('are found, and so is their code', () => {
    expect(PAGES.length).toBeGreaterThan(0);
    for (const recipe of PAGES) expect([recipe, existsSync(folderOf(recipe))]).toEqual([recipe, true]);
  });

  it.each(PAGES)('%s: each code block is code that a test runs', (recipe) => {
    const texts = [...filesOf(recipe).values()];
    const blocks = blocksOf(recipe).filter((block) => !INSTALL.test(block));
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.filter((block) => !texts.includes(block))).toEqual([]);
  });

  it.each(PAGES)('%s: installs only packages that its test uses', (recipe) => {
    const lines = blocksOf(recipe).filter((block) => INSTALL.test(block));
    const words = lines.join('\n').split(/\s+/);
    const names = words.filter((word) => !/^(npm|install|-.*|)$/.test(word));
    expect(names.filter((name) => name !== 'nest-session' && !DEPENDENCIES.has(name))).toEqual([]);
  });

  it.each(PAGES)('%s: shows each file of its code', (recipe) => {
    const blocks = blocksOf(recipe);
    const files = [...filesOf(recipe)];
    expect(files.filter(([, text]) => !blocks.includes(text)).map(([name]) => name)).toEqual([]);
  });

  it.each(PAGES)('%s: has at most 130 lines, and a test of its own', (recipe) => {
    expect(pageOf(recipe).split('\n').length).toBeLessThanOrEqual(130);
    const specs = readdirSync(join(ROOT, 'test/docs/recipes')).filter((file) =>
      file.startsWith(`${recipe}.`),
    );
    expect(specs).not.toEqual([]);
  });

  it('are all in the table of the recipes', () => {
    const table = readFileSync(join(ROOT, 'docs/recipes/README.md'), 'utf8');
    expect(PAGES.filter((recipe) => !table.includes(`](${recipe}.md)`))).toEqual([]);
  });
});
