import {readFileSync} from 'node:fs';
import {symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {ExecutionContext} from 'ava';
import {temporaryDirectory} from '../stores/stores.ts';

const root = join(import.meta.dirname, '../../..');

/** A page of `docs/`. */
export const readPage = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

/** Its examples, in order. */
export const examplesOf = (name: string): readonly string[] =>
	[...readPage(name).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

/** Changes what a test can't leave as it is, and fails where the page has it no more. */
export const replaced = (code: string, changes: Readonly<Record<string, string>>): string =>
	Object.entries(changes).reduce((changed, [from, to]) => {
		if (!changed.includes(from)) throw new Error(`The example has no ${from}`);
		return changed.replaceAll(from, to);
	}, code);

/** Writes examples as modules that can be run, on our source instead of the package. */
export const writeExamples = async (
	t: ExecutionContext,
	examples: Readonly<Record<string, string>>,
): Promise<(name: string) => string> => {
	const directory = await temporaryDirectory(t);
	await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
	await writeFile(join(directory, 'package.json'), '{"type": "module"}');
	const source = pathToFileURL(join(root, 'source')).href;
	for (const [name, code] of Object.entries(examples)) {
		const onSource = code
			.replaceAll(/'koa-server-session\/(.+?)'/g, (_whole, entry) => `'${source}/${entry}.ts'`)
			.replaceAll("'koa-server-session'", `'${source}/index.ts'`);
		await writeFile(join(directory, name), onSource);
	}

	return name => join(directory, name);
};
