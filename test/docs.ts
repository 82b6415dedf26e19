import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import type {Store} from '../source/store.ts';
import {conforms} from './helpers/conforms.ts';

// What the pages show, run.

const load = async (): Promise<new () => Store> => {
	const page = readFileSync(join(import.meta.dirname, '../docs/writing-a-store.md'), 'utf8');
	const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
	const directory = await mkdtemp(join(tmpdir(), 'koa-server-session-docs-'));
	await writeFile(join(directory, 'store.mts'), code);
	try {
		return (await import(join(directory, 'store.mts'))).MapStore;
	} finally {
		await rm(directory, {recursive: true});
	}
};

const store = load();

test('the store of the page on writing one is there', async t => {
	t.is(typeof (await store), 'function');
});

conforms(async () => new (await store)(), {keeps: true, compareAndSwap: true});
