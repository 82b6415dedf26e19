import {readFileSync} from 'node:fs';
import {symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {ExecutionContext} from 'ava';
import {temporaryDirectory} from '../stores/stores.ts';

const root = join(import.meta.dirname, '../../..');

/** A page of `docs/`. */
export const readPage = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

/** A program of the documentation, by its path from the root. */
export const exampleFile = (path: string): string => readFileSync(join(root, path), 'utf8');

/**
A page's example that has a text in it, wherever it stands on the page. A test listens at a port of its own, and closes
its server: one that is left open would keep the test's process alive.
*/
export const exampleOf = (name: string, part: string): string => {
	const examples = [...readPage(name).matchAll(/```[jt]s\n([\s\S]*?)```/g)].map(([, code = '']) => code);
	const [found, ...others] = examples.filter(code => code.includes(part));
	if (found === undefined || others.length > 0) throw new Error(`Expected one example of ${name} to have ${part}`);
	return found.replace(/^app\.listen\(3000\);\n/m, '');
};

/** Changes what a test can't leave as it is, and fails where the page has it no more. */
export const replaced = (code: string, changes: Readonly<Record<string, string>>): string =>
	Object.entries(changes).reduce((changed, [from, to]) => {
		if (!changed.includes(from)) throw new Error(`The example has no ${from}`);
		return changed.replaceAll(from, to);
	}, code);

/** The file of our source for an entry of the package: `stores/redis`. */
export const fileOf = (entry = 'index'): string => `${entry === 'testing' ? 'testing/index' : entry}.ts`;

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
			.replaceAll(/'koa-server-session\/(.+?)'/g, (_whole, entry) => `'${source}/${fileOf(entry)}'`)
			.replaceAll("'koa-server-session'", `'${source}/index.ts'`);
		await writeFile(join(directory, name), onSource);
	}

	return name => join(directory, name);
};
