import {existsSync, globSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import test from 'ava';
import {arrows, beginnings, happenings, type State, tell} from '../site/.vitepress/theme/states.ts';
import {writePages} from '../site/pages.ts';
import {RecentSessions} from '../source/records/recent-sessions.ts';
import type {StoredSession} from '../source/records/stored-session.ts';
import {Client} from '../source/request/client.ts';
import type {Exchange, News} from '../source/request/exchange.ts';
import type {Standing} from '../source/request/standing.ts';
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

/** Every state that the view can show, and every change of standing on the way. */
const walk = (): {readonly states: readonly State[]; readonly changes: ReadonlySet<string>} => {
	const nothing: State = {kind: 'new', why: ''};
	const states = beginnings.flatMap(({to}) => to(nothing) ?? []);
	const changes = new Set<string>();
	let latest = states;
	for (let step = 0; step < 4; step++) {
		latest = latest.flatMap(from =>
			happenings.flatMap(({to}) => {
				const next = to(from);
				if (!next) return [];
				if (next.kind !== from.kind) changes.add(`${from.kind} → ${next.kind}`);
				return [next];
			}),
		);
		states.push(...latest);
	}

	return {states, changes};
};

/** What the library tells the client in a state of the view. */
const tellOf = ({kind, id, held, isExtended, isRefused}: State): News['kind'] | undefined => {
	let news: News | undefined;
	const exchange = {
		get news() {
			return news;
		},
		delivery: () => (isRefused ? 'refused' : 'possible'),
		tell(told: News | undefined) {
			news = told;
		},
	} as Exchange;
	const client = new Client(exchange, new RecentSessions());
	if (held) client.begin({id: held, expiresAt: 1, permanent: false, isStale: false}, undefined);
	const stored = {id, record: {expiresAt: isExtended ? 2 : 1}, facts: {permanent: false}} as StoredSession;
	client.tell((kind === 'stored' ? {kind, stored} : {kind}) as Standing, false);
	return news?.kind;
};

test('the view of states has the states of the source, tells what the library tells, and draws every change', t => {
	const {states, changes} = walk();
	const source = readFileSync(join(root, 'source/request/standing.ts'), 'utf8');
	// A lost session has three forms.
	const kinds = [...new Set([...source.matchAll(/readonly kind: '(\w+)'/g)].map(([, kind]) => kind))];
	const reasons = [...(/type LossReason = ([^;]+)/.exec(source)?.[1] ?? '').matchAll(/\w+/g)].map(([reason]) => reason);
	t.is(kinds.length, 4);
	t.deepEqual([...new Set(states.map(({kind}) => kind))].toSorted(), kinds.toSorted());
	t.deepEqual([...new Set(states.flatMap(({reason}) => reason ?? []))].toSorted(), reasons.toSorted());
	t.true(states.some(({hasFault}) => hasFault));
	for (const state of states) t.is(tell(state), tellOf(state), JSON.stringify(state));
	t.deepEqual(arrows.map(({from, to}) => `${from} → ${to}`).toSorted(), [...changes].toSorted());
});

if (process.env['TEST_LONG'])
	test.serial(
		'the built site: every link, anchor and copy button, the search, a phone, the dark, and nothing from elsewhere',
		async t => {
			const {checkBuiltSite} = await import('./helpers/docs/built-site.ts');
			await checkBuiltSite(t);
		},
	);
