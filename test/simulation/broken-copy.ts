import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {session as SessionFunction} from '../../source/index.ts';
import type {Mutant} from './mutants.ts';

const root = join(import.meta.dirname, '../..');

/**
Copies the library, breaks one rule in the copy, and lets `work` use it.

@throws Error If the code to break isn't there exactly once: the mutant must follow the code.
*/
export const withBrokenCopy = async <Result>(
	{rule, edits}: Mutant,
	work: (session: typeof SessionFunction) => Promise<Result>,
): Promise<Result> => {
	const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-mutant-'));
	try {
		for (const name of ['source', 'package.json']) cpSync(join(root, name), join(folder, name), {recursive: true});
		symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
		for (const {file, find, replace} of edits) {
			const path = join(folder, 'source', file);
			const parts = readFileSync(path, 'utf8').split(find);
			if (parts.length !== 2) {
				const times = parts.length - 1;
				throw new Error(`Expected \`${find}\` once in source/${file}, to break rule ${rule}, found it ${times} times`);
			}
			writeFileSync(path, parts.join(replace));
		}

		const {default: session} = await import(pathToFileURL(join(folder, 'source/index.ts')).href);
		return await work(session);
	} finally {
		rmSync(folder, {recursive: true});
	}
};
