import {existsSync, globSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import test from 'ava';
import {writePages} from '../site/pages.ts';
import {temporaryDirectory} from './helpers/stores/stores.ts';

// The pages of the site before they are built. A long run also builds them, and looks at them in a browser.

const root = join(import.meta.dirname, '..');
const sidebar = readFileSync(join(root, 'site/.vitepress/config.ts'), 'utf8');

test('every page of the site is written, its links lead to pages, and the sidebar has it', async t => {
	const folder = await temporaryDirectory(t);
	writePages(root, folder);
	const pages = globSync('**/*.md', {cwd: folder});
	t.true(pages.length > 40);
	let links = 0;
	for (const page of pages) {
		const text = readFileSync(join(folder, page), 'utf8');
		t.regex(text.replace(/^---[\s\S]*?---\n/, ''), /^\s*# \S/, page);
		for (const [, target = ''] of text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)) {
			t.true(existsSync(join(folder, posix.dirname(page), target)), `${page} links to ${target}`);
			links++;
		}

		const address = page === 'index.md' ? '/' : `/${page.replace(/\.md$/, '')}`;
		// The recipes have a page that lists them.
		if (!page.startsWith('recipes/')) t.true(sidebar.includes(`'${address}'`), address);
	}

	t.true(links > 100);
	const [minimal, recipes] = ['examples/minimal.md', 'recipes.md'].map(page =>
		readFileSync(join(folder, page), 'utf8'),
	);
	t.regex(
		minimal ?? '',
		/^# minimal\.js\n\nThe smallest useful program[^\n]+\n\n```sh\nnpm install koa koa-server-session\nnode minimal\.js\n```\n\n```js\nimport Koa/,
	);
	t.true(recipes?.includes('](recipes/passport.md)'));
});

if (process.env['TEST_LONG'])
	test.serial(
		'the built site: every link, anchor and copy button, the search, a phone, the dark, and nothing from elsewhere',
		async t => {
			const {checkBuiltSite} = await import('./helpers/docs/built-site.ts');
			await checkBuiltSite(t);
		},
	);
